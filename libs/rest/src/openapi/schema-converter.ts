import type { SwaggerDocumentOptions } from '@nestjs/swagger';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

type Converter = NonNullable<SwaggerDocumentOptions['standardSchemaConverter']>;
type Json = Record<string, unknown>;

/**
 * Turns zod schemas into OpenAPI 3.1: each with a `.meta({ id })` becomes a component of that name. One that looks
 * different coming in than going out (a default, a transformation) becomes two, the second named for its direction.
 */
export function schemaConverter(): Converter {
  const known = new Map<string, Json>();
  return (schema, { schemaType }) => {
    if (!(schema instanceof z.ZodType)) return undefined;
    // Wrapped, as zod only names what is inside of something.
    const json = z.toJSONSchema(z.object({ schema }), {
      io: schemaType,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        delete jsonSchema.id;
        // A client must be ready for members to come: only a strict object says there are none.
        const { def } = zodSchema._zod;
        if (def.type === 'object' && !def.catchall) delete jsonSchema.additionalProperties;
        // z.stringbool(), in a query: Swagger UI offers both.
        if (def.type === 'pipe' && def.out._zod.def.type === 'boolean' && jsonSchema.type === 'string')
          jsonSchema.enum = ['true', 'false'];
      },
    }) as unknown as { properties: { schema: Json }; $defs?: Record<string, Json> };
    const names = new Map<string, string>();
    for (const [id, definition] of Object.entries(json.$defs ?? {})) {
      const same = known.get(id) === undefined || isDeepStrictEqual(known.get(id), definition);
      const name = same ? id : `${id}${schemaType === 'input' ? 'Input' : 'Output'}`;
      names.set(`#/$defs/${id}`, `#/components/schemas/${name}`);
      known.set(name, definition);
    }
    const renamed = renameRefs({ schema: json.properties.schema, defs: json.$defs ?? {} }, names);
    const components = Object.fromEntries(
      Object.entries(renamed.defs).map(([id, value]) => [
        (names.get(`#/$defs/${id}`) ?? id).split('/').at(-1)!,
        value,
      ]),
    );
    return { schema: renamed.schema, components };
  };
}

function renameRefs<T>(value: T, names: ReadonlyMap<string, string>): T {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    key === '$ref' && typeof inner === 'string' ? (names.get(inner) ?? inner) : inner,
  );
}
