export { drain } from './testing/drain.js';
export { happened, type Happening } from './testing/happened.js';
export { rebuildNow } from './testing/rebuild-now.js';
export { runProjection } from './testing/run-projection.js';
