import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, DatabaseModule, databaseMigrations, uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import {
  EnvironmentKey,
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
  PersonalData,
} from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Builds } from '../build/builds.js';
import {
  InlineMembersProjection,
  MembersProjection,
  membersOptions,
  NotesProjection,
  peopleMigrations,
  Person,
} from '../fixtures/people.js';
import { hasty } from '../fixtures/program.js';
import {
  Projection,
  ProjectionRegistrationError,
  ProjectionRegistry,
  ProjectionRunner,
  Projections,
  ProjectionsModule,
  projectionsMigrations,
  type ProjectionHandler,
  type ProjectionOptions,
} from '../index.js';
import { drain } from '../testing.js';

const migrations = [
  ...databaseMigrations,
  ...eventStoreMigrations,
  ...projectionsMigrations,
  ...peopleMigrations,
];
const key = randomBytes(32).toString('base64');
const by = { reason: 'test' };
const ctx = testContext({ actor: 'user:ada' });
let db: TestDatabase;
let app: INestApplicationContext;
let store: EventStore;
let personalData: PersonalData;
let projections: Projections;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate: [eventStoreAfterMigrate] });

  @Module({
    imports: [
      DatabaseModule.forRoot({ urls: db.urls, migrations, afterMigrate: [eventStoreAfterMigrate] }),
      EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(key) }),
      EventStoreModule.forFeature([Person]),
      ProjectionsModule.forRoot({ runner: true, ...hasty }),
      ProjectionsModule.forFeature([MembersProjection, InlineMembersProjection, NotesProjection]),
    ],
  })
  class ClubModule {}
  app = await NestFactory.createApplicationContext(ClubModule, { logger: false, abortOnError: false });
  store = app.get(EventStore);
  personalData = app.get(PersonalData);
  projections = app.get(Projections);
});
afterAll(async () => {
  await app.close();
  await db.close();
});

async function join(notes: readonly string[] = ['likes tea']): Promise<string> {
  const id = uuidv7();
  await store.save(ctx, Person.join(id, `${id}@example.com`, notes));
  return id;
}

const rowsOf = (table: string, id: string) =>
  db.admin(`select * from acci.${table} where person_id = $1 order by 1, 2`, [id]);

const forgottenMember = { email: 'forgotten@example.invalid', level: 1 };

it('replaces what read models show, and counts it in the receipt', async () => {
  const [id, other] = [await join(['one', 'two']), await join()];
  await drain(app);
  const receipt = await personalData.forget(ctx, id);
  expect(receipt.rows).toMatchObject({
    'acci.members': 1,
    'acci.members_inline': 1,
    'acci.notes': 2,
    'acci.snapshots': 1,
    'acci.unique_claims': 1,
  });
  expect(receipt.events).toHaveLength(3);
  for (const table of ['members', 'members_inline']) {
    expect(await rowsOf(table, id)).toMatchObject([forgottenMember]);
    expect(await rowsOf(table, other)).toMatchObject([{ email: `${other}@example.com` }]);
  }
  expect(await rowsOf('notes', id)).toMatchObject([{ words: null }, { words: null }]);
  await drain(app);
  expect(await personalData.verify(ctx, receipt.id)).toMatchObject({ verified: true, problems: [] });
});

it('reaches what was read before and is written after', async () => {
  // The runner may have the events in its hands, readable, while their subject is forgotten.
  for (let round = 0; round < 10; round += 1) {
    const id = await join();
    const receipt = await personalData.forget(ctx, id);
    await drain(app);
    expect(await rowsOf('members', id)).toMatchObject([forgottenMember]);
    expect(await rowsOf('notes', id)).toMatchObject([{ words: null }]);
    expect(await personalData.verify(ctx, receipt.id)).toMatchObject({ problems: [] });
  }
});

it('replaces at once what a paused projection shows, and says that it has not come to the forgetting', async () => {
  const id = await join();
  await drain(app);
  await projections.pause(ctx, 'club.members', by);
  const receipt = await personalData.forget(ctx, id);
  expect(await rowsOf('members', id)).toMatchObject([forgottenMember]);
  expect((await personalData.verify(ctx, receipt.id)).problems).toContain(
    'club.members has not come to the forgetting yet',
  );
  await projections.resume(ctx, 'club.members', by);
  await drain(app);
  expect(await personalData.verify(ctx, receipt.id)).toMatchObject({ problems: [] });
});

it('is the same after a rebuild', async () => {
  const id = await join(['one', 'two']);
  await personalData.forget(ctx, id);
  await drain(app);
  const tables = ['members', 'members_inline', 'notes'];
  const everything = () =>
    Promise.all(tables.map((name) => db.admin(`select * from acci.${name} order by 1, 2, 3`)));
  const live = await everything();
  for (const name of ['club.members', 'club.members-inline', 'club.notes'])
    await projections.rebuild(ctx, name, by);
  await drain(app);
  expect(await everything()).toEqual(live);
});

it('reaches the tables of a rebuild that is under way', async () => {
  const id = await join();
  await drain(app);
  const runner = app.get(ProjectionRunner);
  await runner.stop();
  const { build } = await projections.rebuild(ctx, 'club.members', by);
  await app
    .get(Builds, { strict: false })
    .tablesOf({ projection: 'club.members', build, version: 1, status: 'filling' });
  // As far as the rebuild had come.
  const shadow = `acci.members__b${build}`;
  await db.admin(`insert into ${shadow} select * from acci.members where person_id = $1`, [id]);
  const receipt = await personalData.forget(ctx, id);
  expect(await db.admin(`select email from ${shadow}`)).toEqual([{ email: forgottenMember.email }]);
  await db.admin(`update ${shadow} set email = 'back@example.com'`);
  expect((await personalData.verify(ctx, receipt.id)).problems).toContain(
    'acci.members has 1 rows that are not replaced',
  );
  runner.start();
  while ((await projections.rebuildProgress('club.members', build)).status === 'filling') await sleep(20);
  await drain(app);
  expect(await rowsOf('members', id)).toMatchObject([forgottenMember]);
  expect(await personalData.verify(ctx, receipt.id)).toMatchObject({ problems: [] });
});

it('is verified against the read models', async () => {
  const id = await join();
  await drain(app);
  const receipt = await personalData.forget(ctx, id);
  await drain(app);
  await db.admin(`update acci.notes set words = 'likes tea' where person_id = $1`, [id]);
  expect(await personalData.verify(ctx, receipt.id)).toMatchObject({
    verified: false,
    problems: ['acci.notes has 1 rows that are not replaced'],
  });
  await db.admin('update acci.notes set words = null where person_id = $1', [id]);
});

describe('a projection of personal events', () => {
  const declared = (options: Partial<ProjectionOptions>): ProjectionHandler => {
    @Projection({ ...membersOptions, ...options })
    class Declared {
      handle(): void {}
    }
    return new Declared();
  };
  const personal = (columns: object, subject = 'person_id', table = 'acci.members') => ({
    personal: [{ table, subject, columns: columns as Record<string, string> }],
  });

  it('must say where it keeps what is personal, or that it keeps nothing', () => {
    const { personal: _, ...silent } = membersOptions;
    @Projection(silent)
    class Silent {
      handle(): void {}
    }
    expect(() => new ProjectionRegistry().register(new Silent())).toThrow(ProjectionRegistrationError);
    expect(() => new ProjectionRegistry().register(new Silent())).toThrow(/say in 'personal'/);
    new ProjectionRegistry().register(declared({ personal: [] }));
  });

  it.each([
    ['in a table of others', personal({ email: '' }, 'person_id', 'acci.notes')],
    ['in no column', personal({})],
    ['in a column that is no name', personal({ 'email = email; --': '' })],
  ])('is refused if it keeps it %s', (_, options) => {
    expect(() => new ProjectionRegistry().register(declared(options))).toThrow(ProjectionRegistrationError);
  });

  it.each([
    ['a column that is not there', personal({ phone: '' }), /cannot be replaced so/],
    ['a subject that is not there', personal({ email: '' }, 'nobody'), /must be of type text or uuid/],
    ['a replacement of another type', personal({ level: 'none' }), /cannot be replaced so/],
    ['null where that cannot be', personal({ email: null }), /cannot be null/],
    ['a unique column', personal({ person_id: 'x' }), /two who are forgotten/],
  ])('does not start with %s', async (_, options, message) => {
    const registry = new ProjectionRegistry();
    registry.register(declared(options));
    const events = { definitions: () => Person.events } as never;
    const verified = registry.verify(events, app.get(Database));
    await expect(verified).rejects.toThrow(ProjectionRegistrationError);
    await expect(verified).rejects.toThrow(message);
  });

  it('may know its subjects by UUID, among others who have none', async () => {
    await db.admin(
      `create table acci.seats (tenant_id uuid, person uuid, name text, primary key (tenant_id, person))`,
    );
    for (const sql of [
      'alter table acci.seats enable row level security, force row level security',
      'create policy p on acci.seats to acci_app using (tenant_id = acci.current_tenant())',
      'create policy s on acci.seats to acci_system using (true)',
      'grant all on acci.seats to acci_app, acci_system',
    ])
      await db.admin(sql);
    const id = uuidv7();
    await db.admin(`insert into acci.seats values ($1, $2, 'Ada')`, [ctx.tenantId, id]);
    const registry = new ProjectionRegistry();
    registry.register(
      declared({ tables: ['acci.seats'], ...personal({ name: null }, 'person', 'acci.seats') }),
    );
    await registry.verify({ definitions: () => Person.events } as never, app.get(Database));
    const [table] = registry.list()[0]?.personalTables ?? [];
    const replace = (subject: string) =>
      app.get(Database).inTenant(ctx.tenantId, async (tx) => table?.replace(ctx.tenantId, subject, tx));
    expect(await replace('not-a-uuid')).toBe(0);
    expect(await replace(id.toUpperCase())).toBe(1);
    expect(await db.admin('select name from acci.seats')).toEqual([{ name: null }]);
  });
});
