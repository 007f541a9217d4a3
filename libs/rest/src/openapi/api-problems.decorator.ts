const PROBLEMS = 'acci:rest:problems';

/** Codes by HTTP status, e.g. `{ 409: ['tenancy.tenant.already_suspended'] }`. */
export type ProblemCodes = Readonly<Record<number, readonly string[]>>;

/**
 * Documents the codes a route's own problems have. What every route may answer (400, 401, 403, 404, 409, 412,
 * 413, 415, 422, 429, 500, 503, as fits) is documented without it.
 *
 * @example
 * class TenantController {
 *   @ApiProblems({ 409: ['tenancy.tenant.already_suspended'] })
 *   @Post(':id/suspend')
 *   suspend() {}
 * }
 */
export function ApiProblems(codes: ProblemCodes): MethodDecorator {
  return (_target: object, _key: string | symbol, { value }: PropertyDescriptor) => {
    const handler: object = value;
    // Beside what another decorator has said already: a live stream has problems of its own.
    const known = problemCodesOf(handler);
    const merged: Record<number, readonly string[]> = { ...known };
    for (const [status, more] of Object.entries(codes))
      merged[Number(status)] = [...new Set([...(known[Number(status)] ?? []), ...more])];
    Reflect.defineMetadata(PROBLEMS, merged, handler);
  };
}

/** What `@ApiProblems` says about a handler. */
export function problemCodesOf(handler: object): ProblemCodes {
  return Reflect.getMetadata(PROBLEMS, handler) ?? {};
}
