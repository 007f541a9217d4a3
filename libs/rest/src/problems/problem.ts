import { z } from 'zod';

/**
 * The body of every failure: RFC 9457 problem details with a stable `code`, the `correlationId` to ask us about,
 * and what is wrong in particular. May have more members, which depend on the code.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 * @example
 * Problem.parse(await response.json()).code; // 'request.invalid'
 */
export const Problem = z
  .looseObject({
    type: z.string().meta({ description: 'The kind of problem as a URI; made of the code.' }),
    title: z.string().meta({ description: 'The kind of problem in words.' }),
    status: z.int().meta({ description: 'The HTTP status.' }),
    detail: z.string().optional().meta({ description: 'What happened this time.' }),
    instance: z.string().optional().meta({ description: 'The path that was asked for.' }),
    code: z.string().meta({ description: 'A stable name to program against.' }),
    correlationId: z.string().meta({ description: 'Names this request in our logs.' }),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .meta({ description: 'JSON pointer into what `in` names; empty: the whole of it.' }),
          message: z.string().meta({ description: 'What is wrong there.' }),
          in: z
            .enum(['body', 'query', 'path'])
            .optional()
            .meta({ description: 'Where; the body if absent.' }),
        }),
      )
      .optional()
      .meta({ description: 'Every single thing that is wrong.' }),
  })
  .meta({
    id: 'Problem',
    description: 'Problem details (RFC 9457).',
    example: {
      type: 'urn:acci:problem:request.invalid',
      title: 'Bad Request',
      status: 400,
      detail: 'The request does not have the shape it must have.',
      instance: '/v1/things',
      code: 'request.invalid',
      correlationId: '0f8fad5b-d9cb-469f-a165-70867728950e',
      errors: [{ pointer: '/name', message: 'Invalid input: expected string', in: 'body' }],
    },
  });

/** A problem's members. */
export type Problem = z.infer<typeof Problem>;

/** What an error becomes, before the request it happened in is known. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly errors?: Problem['errors'];
  readonly retryAfter?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}
