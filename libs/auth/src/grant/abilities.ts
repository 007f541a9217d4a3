import { createMongoAbility, type MongoAbility } from '@casl/ability';
import { rulesToAST } from '@casl/ability/extra';
import { Injectable } from '@nestjs/common';
import { permits } from '../permissions/permissions.js';
import type { ConditionalGrant, Granted } from './grants.js';
import { type Ast, everyRow, type SqlFilter, sqlOf } from './sql-filter.js';

const action = 'use';
const subject = 'object';

/**
 * Says on which objects somebody may do what: for one object in memory, for a list in its SQL. Conditions of roles are
 * judged by CASL.
 *
 * @example
 * if (!abilities.can(caller, 'shop.orders.read', order)) throw new OrderNotFound(id);
 *
 * const mine = abilities.filterFor(caller, 'shop.orders.read', { ownerId: 'o.owner_id', department: 'o.department' });
 * await database.queryInTenant(tenantId, `select … from shop.orders o where tenant_id = $1 and ${mine.sql(2)}`, [tenantId, ...mine.values]);
 */
@Injectable()
export class Abilities {
  /**
   * True if somebody may use a permission on an object.
   *
   * @param object its attributes, under the names that conditions know them by. What it lacks passes no test.
   */
  can(identity: Granted, permission: string, object: object): boolean {
    if (permits(identity.permissions, permission)) return true;
    return abilityOf(identity.conditional, permission).can(action, textsOf(object));
  }

  /** True for whoever may use a permission on some objects only, whichever these are. */
  isPartial(identity: Granted, permission: string): boolean {
    if (permits(identity.permissions, permission)) return false;
    return (identity.conditional ?? []).some((grant) => permits(grant.permissions, permission));
  }

  /**
   * The rows that somebody may use a permission on, as a condition for a `where`.
   *
   * @param columns the column of each attribute that may be asked for. A grant that tests another one gives no row.
   */
  filterFor(identity: Granted, permission: string, columns: Readonly<Record<string, string>>): SqlFilter {
    if (permits(identity.permissions, permission)) return everyRow;
    const known = identity.conditional?.filter(({ condition }) =>
      Object.keys(condition).every((attribute) => Object.hasOwn(columns, attribute)),
    );
    const ast = rulesToAST(abilityOf(known, permission), action, subject) as Ast | null;
    return sqlOf(ast, columns);
  }
}

function abilityOf(grants: readonly ConditionalGrant[] | undefined, permission: string): MongoAbility {
  const rules = (grants ?? [])
    .filter((grant) => permits(grant.permissions, permission))
    .map(({ condition }) => ({
      action,
      subject,
      conditions: Object.fromEntries(
        Object.entries(condition).map(([attribute, values]) => [attribute, { $in: values.map(String) }]),
      ),
    }));
  return createMongoAbility(rules, { detectSubjectType: () => subject });
}

/** An object as its columns are compared: as text. What is no plain value is equal to nothing. */
function textsOf(object: object): Record<string, string> {
  const plain = Object.entries(object).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(plain.map(([attribute, value]) => [attribute, String(value)]));
}
