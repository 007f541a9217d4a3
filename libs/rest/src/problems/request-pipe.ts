import { StandardSchemaValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { HttpProblem, type ProblemDetail } from './http-problem.js';

const MAX_ERRORS = 100;
const IN = { body: 'body', query: 'query', param: 'path' } as const;

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
};

/**
 * Nest's schema pipe, whose refusals say where: a JSON pointer per issue, into body, query or path. Set up by
 * `configureApp` for every `@Body({ schema })`, `@Query({ schema })` and `@Param({ schema })`.
 *
 * @example
 * create(@Body({ schema: CreateTenantRequest }) body: CreateTenantRequest) {}
 */
export class RequestPipe extends StandardSchemaValidationPipe implements PipeTransform {
  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema } = metadata;
    if (!schema || !this.toValidate(metadata)) return value;
    this.stripProtoKeys(value);
    const result = await this.validated(value, schema);
    if (!result.issues) return result.value;
    throw invalidRequest(result.issues, metadata);
  }

  /** A schema that refers to itself follows a value as deep as it goes; parsing knows no depth. */
  private async validated<T>(value: T, schema: NonNullable<ArgumentMetadata['schema']>) {
    try {
      return await this.validate<T>(value, schema);
    } catch (cause) {
      if (!(cause instanceof RangeError && cause.message.includes('call stack'))) throw cause;
      throw new HttpProblem(400, 'request.malformed', 'The request is nested too deeply.', { cause });
    }
  }
}

function invalidRequest(issues: readonly Issue[], { type, data }: ArgumentMetadata): HttpProblem {
  const place = type === 'custom' ? undefined : IN[type];
  const prefix = data === undefined ? [] : [data];
  const errors = issues.slice(0, MAX_ERRORS).map((issue): ProblemDetail => ({
    pointer: pointerOf([...prefix, ...(issue.path ?? [])]),
    message: issue.message,
    in: place,
  }));
  return new HttpProblem(400, 'request.invalid', 'The request does not have the shape it must have.', {
    errors,
  });
}

function pointerOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
