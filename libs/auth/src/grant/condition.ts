import { z } from 'zod';

const value = z.union([z.string().min(1).max(200), z.number(), z.boolean()]);

/** A value that an attribute of an object can be compared with. */
export type ConditionValue = z.output<typeof value>;

const test = z.union([
  z.strictObject({ equals: value }),
  z.strictObject({ in: z.array(value).min(1).max(50) }),
  z.strictObject({
    user: z.enum(['id', 'department']).meta({ description: 'The same attribute of the user who asks.' }),
  }),
]);

/**
 * On which objects a role gives what it gives: those whose attributes pass every test.
 *
 * @example
 * const ownDepartment: Condition = { department: { user: 'department' } };
 * const theirOwn: Condition = { ownerId: { user: 'id' } };
 */
export const Condition = z
  .record(
    z
      .string()
      .max(50)
      .regex(/^[a-z][A-Za-z0-9]*$/, 'must be the name of an attribute')
      // CASL would take it for an operator.
      .refine((name) => !(name in Object.prototype), 'must not be what every object has'),
    test,
  )
  .refine((tests) => Object.keys(tests).length > 0, 'must test something')
  .refine((tests) => Object.keys(tests).length <= 10, 'must not test more than 10 attributes')
  .meta({
    id: 'Condition',
    description:
      'The attributes of an object that must be as said: equal to a value, one of several, or the same as an attribute of the user who asks. All of them together.',
    examples: [{ department: { user: 'department' } }],
  });
export type Condition = z.output<typeof Condition>;

/** What conditions may compare with of somebody who asks. */
export interface UserAttributes {
  /** Null for whoever is no user. */
  readonly id: string | null;
  readonly department: string | null;
}

/** A condition as it is for one user: for each attribute the values that it may have. */
export type ResolvedCondition = Readonly<Record<string, readonly ConditionValue[]>>;

/**
 * The condition with the user's own attributes put in; undefined if the user lacks one of them: nobody's department is
 * not the same as nobody's department.
 */
export function resolveCondition(condition: Condition, user: UserAttributes): ResolvedCondition | undefined {
  const resolved: [string, readonly ConditionValue[]][] = [];
  for (const [attribute, wanted] of Object.entries(condition)) {
    const values = valuesOf(wanted) ?? ownValues(wanted, user);
    if (!values) return undefined;
    resolved.push([attribute, values]);
  }
  return Object.fromEntries(resolved);
}

/** The condition as it is for one user, in the words of one that nobody's attributes change; undefined as above. */
export function conditionFor(condition: Condition, user: UserAttributes): Condition | undefined {
  const resolved = resolveCondition(condition, user);
  return (
    resolved &&
    Object.fromEntries(
      Object.entries(resolved).map(([attribute, values]) => [attribute, { in: [...values] }]),
    )
  );
}

/**
 * True if whatever meets `wanted`, whoever asks, is among what meets `held`. What depends on the user who asks is among
 * nothing: it would be other objects for another user.
 */
export function covers(held: ResolvedCondition, wanted: Condition): boolean {
  return Object.entries(held).every(([attribute, allowed]) => {
    const test = Object.hasOwn(wanted, attribute) ? wanted[attribute] : undefined;
    const values = test && valuesOf(test);
    return values !== undefined && values.every((one) => allowed.includes(one));
  });
}

type Test = Condition[string];

function valuesOf(test: Test): readonly ConditionValue[] | undefined {
  if ('equals' in test) return [test.equals];
  return 'in' in test ? test.in : undefined;
}

function ownValues(test: Test, user: UserAttributes): readonly ConditionValue[] | undefined {
  const own = 'user' in test ? user[test.user] : null;
  return own === null ? undefined : [own];
}
