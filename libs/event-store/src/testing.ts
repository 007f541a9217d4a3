export {
  compareWithLock,
  explainLock,
  lockEvents,
  type EventLock,
  type LockDifference,
  type LockedEvent,
} from './event/schema-lock.js';
export { testContext } from './testing/context.js';
export { given, type Given, type When } from './testing/given.js';
export { moveArchived } from './testing/move-archived.js';
export { registryOf } from './testing/registry-of.js';
export { expectShippedEvents, type ShippedStream } from './testing/shipped-events.js';
