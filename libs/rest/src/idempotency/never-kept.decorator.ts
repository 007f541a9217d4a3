import { SetMetadata } from '@nestjs/common';

const NEVER_KEPT = 'acci:rest:never-kept';

/**
 * Marks a POST whose body has a secret that could be guessed, such as a password: an `Idempotency-Key` is not honoured, as
 * what it is compared by would be a fast hash of the secret, which stays in the database for a day.
 *
 * @example
 * class PasswordController {
 *   @NeverKept()
 *   @Post('password')
 *   change() {}
 * }
 */
export function NeverKept(): MethodDecorator {
  return SetMetadata(NEVER_KEPT, true);
}

/** Whether nothing of a handler's requests and answers is kept. */
export function isNeverKept(handler: object): boolean {
  return Reflect.getMetadata(NEVER_KEPT, handler) === true;
}
