import { z } from 'zod';
import { RegistrationError } from '../event-store.errors.js';

/** Whose a personal field is, and what takes its place once they are forgotten. */
export interface PersonalOptions<T = unknown> {
  /**
   * What names the person: a property of the object that holds the field, or of an object around it; the nearest
   * one counts. Or `$stream`, where the stream's id does. It stays readable for ever: an id, never an e-mail address.
   */
  readonly of: string;
  /** What is read instead of the value after its subject was forgotten. It must fit the schema. */
  readonly forgotten: T;
}

const marks = z.registry<PersonalOptions>();

/**
 * Marks a field of an event or snapshot as personal: it is stored encrypted under a key of the person that it is
 * about, and can be read by nobody once that person is forgotten.
 *
 * @throws {RegistrationError} if `forgotten` does not fit the schema.
 * @example
 * schema: z.object({
 *   customerId: z.uuid(),
 *   email: personal(z.email(), { of: 'customerId', forgotten: 'forgotten@example.invalid' }),
 * })
 */
export function personal<S extends z.ZodType>(schema: S, options: PersonalOptions<z.output<S>>): S {
  const checked = schema.safeParse(options.forgotten);
  if (!checked.success)
    throw new RegistrationError(
      `The replacement of a personal field does not fit its schema: ${z.prettifyError(checked.error)}`,
    );
  // A clone: the schema may be a constant that is used for other fields as well.
  const marked = schema.clone();
  marks.add(marked, options);
  return marked;
}

/** What {@link personal} said about a schema; refinements of a marked schema are marked as well. */
export function personalMark(schema: z.core.$ZodType): PersonalOptions | undefined {
  return marks.get(schema as z.ZodType);
}
