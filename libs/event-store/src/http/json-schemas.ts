import { z } from 'zod';

/** A part of a document. */
export type Json = Record<string, unknown>;

/** AsyncAPI's own schemas are a superset of this draft, so its tools read them everywhere. */
const target = 'draft-7';

/** A schema under its name, and those that it refers to, under names of the whole document. */
export function schemasOf(schema: z.ZodType, name: string, more: Json = {}): Json {
  const json = z.toJSONSchema(schema, { target, unrepresentable: 'any' });
  const text = JSON.stringify(json, (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value;
    return value.replace(
      /^#(\/definitions\/)?/,
      (_, inner) => `#/components/schemas/${name}${inner ? '.' : ''}`,
    );
  });
  const { $schema: _, definitions = {}, ...whole } = JSON.parse(text) as Json & { definitions?: Json };
  const inner = Object.entries(definitions).map(([key, value]) => [`${name}.${key}`, value]);
  return { [name]: { ...whole, ...more }, ...Object.fromEntries(inner) };
}
