import { AsyncLocalStorage } from 'node:async_hooks';
import { uuidv7 } from '@acci/database';
import { Customer, CustomerRegistered, EmailTaken, Table } from '../fixtures/customer.js';
import { openOffice, useOffices } from '../fixtures/registry-office.js';
import {
  ForgetReceiptNotFound,
  InvalidSubjectId,
  PersonalValueExposed,
  SubjectForgotten,
  type Context,
} from '../index.js';
import { testContext } from '../testing/context.js';

const offices = useOffices();
let ctx: Context;
beforeEach(() => {
  ctx = testContext({ actor: 'user:ada' });
});

const anEmail = (): string => `${uuidv7()}@example.com`;

/** Everything that the tables have, as text. */
async function stored(): Promise<string> {
  const tables = await offices.db.admin<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
      where relnamespace = 'acci'::regnamespace and relkind in ('r', 'p')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => offices.db.admin(`select row_to_json(t)::text as row from ${name} as t`)),
  );
  return JSON.stringify(rows);
}

async function register(email = anEmail(), id = uuidv7(), context = ctx): Promise<string> {
  await offices.here.store.save(context, Customer.register(id, email));
  return id;
}

describe('personal fields', () => {
  it('are stored where nobody can read them, and read as they were', async () => {
    const email = anEmail();
    const id = await register(email);
    expect(await stored()).toContain(id);
    expect(await stored()).not.toContain(email);
    expect(await stored()).not.toContain('Lovelace');
    for (const { store } of [offices.here, offices.elsewhere]) {
      expect(await store.load(ctx, Customer, id)).toMatchObject({
        email,
        name: 'Ada Lovelace',
        plan: 'basic',
      });
      const [event] = await store.readStream(ctx, 'shop.customer', id);
      expect(event?.data).toEqual({ email, name: 'Ada Lovelace', plan: 'basic' });
      const all = await store.readAll(undefined, 1_000, { tenantId: ctx.tenantId });
      expect(all.map(({ data }) => data)).toEqual([event?.data]);
    }
    const [raw] = await offices.here.store.readStream(ctx, 'shop.customer', id, { raw: true });
    expect(raw?.data).toEqual({
      email: expect.stringMatching(/^acci1\./),
      name: expect.stringMatching(/^acci1\./),
      plan: 'basic',
    });
  });

  it('do not tell by their length what they were', async () => {
    const lengths = new Set<number>();
    for (const newsletter of [true, false]) {
      const row = { tenantId: ctx.tenantId, streamId: uuidv7(), version: 1, definition: CustomerRegistered };
      const [sealed] = await offices.here.cipher.sealRows([{ ...row, data: { newsletter } }]);
      lengths.add(sealed?.json.length ?? 0);
    }
    expect(lengths.size).toBe(1);
  });

  it('reach hooks as they are, since nothing of that is stored', async () => {
    const seen: unknown[] = [];
    const remove = offices.here.store.onAppend((events) => void seen.push(...events.map(({ data }) => data)));
    const email = anEmail();
    await register(email);
    remove();
    expect(seen).toEqual([{ email, name: 'Ada Lovelace', plan: 'basic' }]);
  });

  it('may be of several people in one event', async () => {
    const [host, bob, eve] = [uuidv7(), uuidv7(), uuidv7()];
    const data = {
      hostId: host,
      wish: 'by the window',
      guests: [
        { guestId: bob, name: 'Bob', notes: { allergy: 'nuts', 'a/b': [1] } },
        { guestId: eve, name: 'Eve' },
      ],
    };
    const table = Table.seat(uuidv7(), data);
    await offices.here.store.save(ctx, table);
    expect((await offices.elsewhere.store.load(ctx, Table, table.id)).seated).toEqual([data]);
    const receipt = await offices.here.personalData.forget(ctx, bob);
    expect(receipt.events).toHaveLength(1);
    expect((await offices.here.store.load(ctx, Table, table.id)).seated).toEqual([
      {
        ...data,
        guests: [{ guestId: bob, name: 'a guest', notes: { allergy: null, 'a/b': null } }, data.guests[1]],
      },
    ]);
  });

  it('are refused for a subject that cannot have a name', async () => {
    const table = Table.seat(uuidv7(), { hostId: '', wish: 'x', guests: [] });
    await expect(offices.here.store.save(ctx, table)).rejects.toThrow(InvalidSubjectId);
    await expect(offices.here.personalData.forget(ctx, 'x'.repeat(256))).rejects.toThrow(InvalidSubjectId);
  });
});

describe('unique values of persons', () => {
  it('are unique without being stored', async () => {
    const email = anEmail();
    await register(email);
    await expect(register(email.toUpperCase())).rejects.toThrow(EmailTaken);
    expect(await stored()).not.toContain(email);
    // In another tenant the same address is another hash.
    const values = async (): Promise<unknown[]> =>
      offices.db.admin(`select value from acci.unique_claims where scope = 'shop.customer.email'`);
    await register(email, uuidv7(), testContext());
    expect(new Set((await values()).map((row) => JSON.stringify(row))).size).toBe((await values()).length);
  });

  it('are given back by events, and by forgetting', async () => {
    const [first, second] = [anEmail(), anEmail()];
    const id = await register(first);
    await offices.here.store.update(ctx, Customer, id, (customer) => customer.changeEmail(second));
    await register(first);
    await expect(register(second)).rejects.toThrow(EmailTaken);
    const receipt = await offices.here.personalData.forget(ctx, id);
    expect(receipt.rows).toMatchObject({ 'acci.unique_claims': 1 });
    await register(second);
    await expect(register(first)).rejects.toThrow(EmailTaken);
  });

  it('are refused in clear, unless they stand in clear anyway', async () => {
    const { store } = offices.here;
    const email = anEmail();
    await expect(store.save(ctx, Customer.registerCarelessly(uuidv7(), email, 'ada'))).rejects.toThrow(
      PersonalValueExposed,
    );
    expect(await stored()).not.toContain(email);
    await store.save(ctx, Customer.registerCarelessly(uuidv7(), email, email));
  });
});

describe('forgetting somebody', () => {
  it('leaves replacements, everywhere and in every process, and a receipt', async () => {
    const email = anEmail();
    const id = await register(email);
    await offices.here.store.update(ctx, Customer, id, (customer) => customer.changeEmail(anEmail()));
    await offices.here.store.update(ctx, Customer, id, (customer) => customer.changePlan('pro'));
    const other = await register();
    const events = await offices.elsewhere.store.readStream(ctx, 'shop.customer', id);

    const receipt = await offices.here.personalData.forget(ctx, id);
    expect(receipt).toMatchObject({
      tenantId: ctx.tenantId,
      subject: id,
      forgottenBy: 'user:ada',
      events: events.slice(0, 2).map(({ position }) => position),
      rows: { 'acci.unique_claims': 1, 'acci.snapshots': 0 },
    });
    expect(await offices.here.store.load(ctx, Customer, id)).toMatchObject({
      email: 'forgotten@example.invalid',
      name: 'forgotten',
      plan: 'pro',
      version: 3,
    });
    expect(await offices.here.store.load(ctx, Customer, other)).toMatchObject({ name: 'Ada Lovelace' });
    const all = await offices.here.store.readAll(undefined, 1_000, { tenantId: ctx.tenantId });
    expect(JSON.stringify(all.map(({ data }) => data))).not.toContain(email);
    expect(all.at(-1)).toMatchObject({
      type: 'acci.subject.forgotten',
      streamId: receipt.id,
      position: receipt.position,
      data: { subject: id, events: 2, rows: receipt.rows },
      metadata: { actor: 'user:ada' },
    });
    expect(await offices.here.personalData.receipt(ctx, receipt.id)).toEqual(receipt);
    expect(await offices.elsewhere.personalData.verify(ctx, receipt.id)).toEqual({
      receipt,
      verified: true,
      problems: [],
    });
  });

  it('cannot be undone: nothing personal about them is stored again', async () => {
    const id = await register();
    await offices.elsewhere.store.load(ctx, Customer, id);
    await offices.here.personalData.forget(ctx, id);
    for (const { store } of [offices.here, offices.elsewhere]) {
      const changed = store.update(ctx, Customer, id, (customer) => customer.changeEmail(anEmail()));
      await expect(changed).rejects.toThrow(SubjectForgotten);
      await store.update(ctx, Customer, id, (customer) => customer.changePlan('pro'));
    }
    const revive = `update acci.subject_keys set (tenant_key, wrapped) =
                      (select tenant_key, wrapped from acci.subject_keys where wrapped is not null limit 1)
                     where subject = $1`;
    await expect(offices.db.admin(revive, [id])).rejects.toThrow(/stays destroyed/);
    await expect(offices.db.admin('delete from acci.subject_keys where subject = $1', [id])).rejects.toThrow(
      /stays forgotten/,
    );
  });

  it('again gives the same receipt; of somebody unknown, it keeps their data out', async () => {
    const id = await register();
    const [one, two] = await Promise.all([
      offices.here.personalData.forget(ctx, id),
      offices.elsewhere.personalData.forget(ctx, id),
    ]);
    expect(two).toEqual(one);
    const unknown = uuidv7();
    expect(await offices.here.personalData.forget(ctx, unknown)).toMatchObject({ events: [] });
    await expect(register(anEmail(), unknown)).rejects.toThrow(SubjectForgotten);
  });

  it('is of one tenant only', async () => {
    const id = uuidv7();
    const other = testContext();
    await register(anEmail(), id);
    await register(anEmail(), id, other);
    const receipt = await offices.here.personalData.forget(ctx, id);
    expect(await offices.here.store.load(other, Customer, id)).toMatchObject({ name: 'Ada Lovelace' });
    await expect(offices.here.personalData.verify(other, receipt.id)).rejects.toThrow(ForgetReceiptNotFound);
  });

  it('comes before an append, or after it, but never in between', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await register();
      const change = offices.elsewhere.store
        .update(ctx, Customer, id, (customer) => customer.changeEmail(anEmail()))
        .catch((error: unknown) => error);
      const [changed, receipt] = await Promise.all([change, offices.here.personalData.forget(ctx, id)]);
      expect(changed instanceof SubjectForgotten ? 1 : 2).toBe(receipt.events.length);
      expect(await offices.here.personalData.verify(ctx, receipt.id)).toMatchObject({ problems: [] });
    }
  });

  it('refuses one append of a crowd, and counts all that came before', async () => {
    const { here, db } = offices;
    const hosts = Array.from({ length: 5 }, () => uuidv7());
    const seat = (hostId: string) =>
      here.store.save(ctx, Table.seat(uuidv7(), { hostId, wish: 'quiet', guests: [] }));
    const crowd = () => Array.from({ length: 40 }, (_, index) => seat(hosts[index % 5] ?? ''));
    await Promise.all(crowd());
    const [gone = ''] = hosts;
    const receipt = await here.personalData.forget(ctx, gone);
    expect(receipt.events).toHaveLength(8);
    const outcomes = await Promise.allSettled(crowd());
    expect(outcomes.map(({ status }) => status)).toEqual(
      outcomes.map((_, index) => (index % 5 === 0 ? 'rejected' : 'fulfilled')),
    );
    // As a process that has not heard of it yet would send them: the database refuses it, and it alone.
    const stale = openOffice(db.database, offices.provider);
    await Promise.all(
      hosts.slice(1).map((subject) => stale.ring.read([{ tenantId: ctx.tenantId, subject }])),
    );
    const [host = ''] = hosts.slice(1);
    expect(stale.ring.cached([{ tenantId: ctx.tenantId, subject: host }])).toHaveLength(1);
    await here.personalData.forget(ctx, host);
    const late = hosts
      .slice(1)
      .map((hostId) => stale.store.save(ctx, Table.seat(uuidv7(), { hostId, wish: 'quiet', guests: [] })));
    const [refused, ...accepted] = await Promise.allSettled(late);
    expect(refused).toMatchObject({ status: 'rejected', reason: expect.any(SubjectForgotten) });
    expect(accepted.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    stale.ring.close();
    expect(await here.personalData.verify(ctx, receipt.id)).toMatchObject({ problems: [] });
  });

  it('waits for an append that is under way, and undoes one that comes too late', async () => {
    const { here, elsewhere, db } = offices;
    const id = await register();
    let forgetting: Promise<unknown> | undefined;
    await db.database.inTenant(ctx.tenantId, async () => {
      await elsewhere.store.update(ctx, Customer, id, (customer) => customer.changeEmail(anEmail()));
      forgetting = outside(() => here.personalData.forget(ctx, id));
      await blocked();
    });
    expect(await forgetting).toMatchObject({ events: [expect.anything(), expect.anything()] });

    const late = await register();
    const tooLate = db.database.inTenant(
      ctx.tenantId,
      async (tx) => {
        await tx.query('select 1');
        const customer = await elsewhere.store.load(ctx, Customer, late);
        await outside(() => here.personalData.forget(ctx, late));
        customer.changeEmail(anEmail());
        await elsewhere.store.save(ctx, customer);
      },
      { isolation: 'repeatable read' },
    );
    await expect(tooLate).rejects.toThrow(SubjectForgotten);
    expect(await here.store.load(ctx, Customer, late)).toMatchObject({ version: 1 });
  });

  /** Resolves once somebody waits for a lock. */
  async function blocked(): Promise<void> {
    for (let waiting = 0; waiting === 0;)
      waiting = (
        await offices.db.admin(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
      ).length;
  }
});

describe('the verification of a receipt', () => {
  it.each([
    [
      'a key',
      'the key is there',
      `alter table acci.subject_keys disable trigger final;
       delete from acci.subject_keys where subject = '$id'; alter table acci.subject_keys enable always trigger final`,
    ],
    [
      'a unique value',
      'acci.unique_claims has 1 values',
      `insert into acci.unique_claims (tenant_id, scope, value, stream_id, subject)
       values ('$tenant', 'shop.email', 'x', 's', '$id')`,
    ],
    [
      'an event in clear',
      /has a personal field in clear/,
      `alter table acci.events disable trigger append_only;
       update acci.events set data = '{"email":"ada@example.com"}' where stream_id = '$id';
       alter table acci.events enable always trigger append_only`,
    ],
    [
      'an event less',
      /the log has 0 events/,
      `alter table acci.events disable trigger delete_erased_only;
       delete from acci.events where stream_id = '$id';
       alter table acci.events enable always trigger delete_erased_only`,
    ],
  ])('finds %s', async (_, problem, tampering) => {
    const id = await register();
    const receipt = await offices.here.personalData.forget(ctx, id);
    await offices.db.admin(tampering.replaceAll('$id', id).replaceAll('$tenant', ctx.tenantId));
    const { verified, problems } = await offices.here.personalData.verify(ctx, receipt.id);
    expect(verified).toBe(false);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });
});

/** As another request would: not in the transaction that is open here. */
const outside = AsyncLocalStorage.snapshot();
