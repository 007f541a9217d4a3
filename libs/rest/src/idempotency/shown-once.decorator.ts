import { SetMetadata } from '@nestjs/common';

const SHOWN_ONCE = 'acci:rest:shown-once';

/**
 * Names the members of a POST's answer that are secrets: they leave with the first answer and are never kept, so
 * that the answer given again under the same `Idempotency-Key` has null in their place. Let the schema allow it.
 *
 * @example
 * class ApiKeyController {
 *   @ShownOnce('key')
 *   @Post()
 *   create() {}
 * }
 */
export function ShownOnce(...members: [string, ...string[]]): MethodDecorator {
  return SetMetadata(SHOWN_ONCE, members);
}

/** The members a handler shows once. */
export function shownOnce(handler: object): readonly string[] {
  return Reflect.getMetadata(SHOWN_ONCE, handler) ?? [];
}
