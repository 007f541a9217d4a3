import { uuidv7 } from '@acci/database';
import type { Context } from '../context.js';

/**
 * A context for tests: a new tenant and correlation each time, unless given.
 *
 * @example
 * const ctx = testContext({ actor: 'user:ada' });
 */
export function testContext(overrides: Partial<Context> = {}): Context {
  return { tenantId: uuidv7(), actor: 'test', correlationId: uuidv7(), ...overrides };
}
