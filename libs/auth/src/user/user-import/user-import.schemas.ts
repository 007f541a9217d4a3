import { z } from 'zod';

/** A line of the answer of `POST /users:import`: one for each line of the request, and one at the end. */
export const UserImportReportLine = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('invited'), line: z.int(), id: z.uuid(), email: z.string() }),
    z.object({
      status: z.literal('refused'),
      line: z.int(),
      code: z.string().meta({ description: 'A stable name of the reason.' }),
      detail: z.string(),
      errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
    }),
    z.object({
      status: z.enum(['finished', 'failed']).meta({
        description: 'The last line. Failed: it could not go on. No such line: the report was cut off.',
      }),
      invited: z.int(),
      refused: z.int(),
    }),
  ])
  .meta({
    id: 'UserImportReportLine',
    examples: [
      { status: 'invited', line: 1, id: '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f', email: 'ada@example.com' },
      {
        status: 'refused',
        line: 2,
        code: 'auth.user.email_taken',
        detail: 'Another user has this e-mail address',
      },
      { status: 'finished', invited: 1, refused: 1 },
    ],
  });
export type UserImportReportLine = z.output<typeof UserImportReportLine>;
