import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';

const FORM = 'acci:rest:form';

/** The media type of a form. */
export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded';

/**
 * Marks a route that takes a form (`application/x-www-form-urlencoded`) instead of JSON, as OAuth 2.0 wants it. Its
 * `@Body()` is an object of texts; a field that was sent twice is a list.
 *
 * @example
 * class TokenController {
 *   @Form()
 *   @Post('token')
 *   issue(@Body({ schema: TokenRequest }) body: TokenRequest) {}
 * }
 */
export function Form(): MethodDecorator {
  return applyDecorators(SetMetadata(FORM, true), ApiConsumes(FORM_MEDIA_TYPE));
}

/** Whether a handler takes a form. */
export function takesForm(handler: object): boolean {
  return Reflect.getMetadata(FORM, handler) === true;
}
