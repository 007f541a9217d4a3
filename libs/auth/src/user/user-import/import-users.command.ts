import { Database, prepared, uuidv7 } from '@acci/database';
import { DomainError, EventStore, type Context } from '@acci/event-store';
import type { ImportLine } from '@acci/tenancy';
import { Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnconfirmedRegistrations } from '../../registration/unconfirmed-registrations.js';
import { completePerson } from '../new-person.js';
import { User } from '../user.aggregate.js';
import { UserEmailTaken, UserNameTaken } from '../user.errors.js';
import { InviteUserRequest } from '../user.schemas.js';
import { inOneWay, type NewUser } from '../user.state.js';
import { UserLineDoubled, UserLineInvalid } from './user-import.errors.js';
import type { UserImportReportLine } from './user-import.schemas.js';

const linesAtOnce = 200;

const selectTaken = prepared(`
  select email, null as user_name from acci.users where tenant_id = $1::uuid and email = any ($2::text[])
   union all
  select null, user_name from acci.users where tenant_id = $1::uuid and user_name = any ($3::text[])`);

/**
 * Invites users, line by line; each line is wholly done or refused, whatever becomes of the others. The result is the
 * report, and drives the work: what is not read is not done.
 *
 * @example
 * const report = await commandBus.execute(new ImportUsers(ctx, readImportLines(body, 'csv')));
 * for await (const line of report) console.log(line);
 */
export class ImportUsers extends Command<AsyncIterable<UserImportReportLine>> {
  constructor(
    readonly ctx: Context,
    readonly lines: AsyncIterable<ImportLine>,
  ) {
    super();
  }
}

/** A line that may become a user, as far as the line alone tells. */
interface Candidate {
  readonly line: number;
  readonly person: NewUser;
}

type Outcome = Extract<UserImportReportLine, { line: number }>;

/**
 * Handles {@link ImportUsers}. Lines go by the hundreds into one transaction; if that fails, because somebody took an
 * address meanwhile, each of them gets a transaction of its own, and its own refusal.
 */
@CommandHandler(ImportUsers)
export class ImportUsersHandler implements ICommandHandler<ImportUsers> {
  private readonly logger = new Logger(ImportUsersHandler.name);

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly unconfirmed: UnconfirmedRegistrations,
  ) {}

  async execute({ ctx, lines }: ImportUsers): Promise<AsyncIterable<UserImportReportLine>> {
    return this.report(ctx, lines);
  }

  private async *report(
    ctx: Context,
    lines: AsyncIterable<ImportLine>,
  ): AsyncGenerator<UserImportReportLine> {
    const counts = { invited: 0, refused: 0 };
    const linesOfLogins = new Map<string, number>();
    try {
      for await (const chunk of chunksOf(lines, linesAtOnce)) {
        for (const outcome of await this.importChunk(ctx, chunk, linesOfLogins)) {
          counts[outcome.status] += 1;
          yield outcome;
        }
      }
      yield { status: 'finished', ...counts };
    } catch (error) {
      this.logger.error('An import of users could not go on', error);
      yield { status: 'failed', ...counts };
    }
  }

  private async importChunk(
    ctx: Context,
    chunk: readonly ImportLine[],
    linesOfLogins: Map<string, number>,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const candidates: Candidate[] = [];
    for (const line of chunk) {
      try {
        candidates.push(read(line, linesOfLogins));
      } catch (error) {
        outcomes.push(refusal(line.line, error));
      }
    }
    await this.unconfirmed.release(
      ctx,
      candidates.map(({ person }) => person.email),
    );
    const taken = await this.taken(ctx.tenantId, candidates);
    const free: Candidate[] = [];
    for (const candidate of candidates) {
      const { email, userName } = candidate.person;
      if (taken.has(email)) outcomes.push(refusal(candidate.line, new UserEmailTaken()));
      else if (userName && taken.has(userName)) outcomes.push(refusal(candidate.line, new UserNameTaken()));
      else free.push(candidate);
    }
    outcomes.push(...(await this.invite(ctx, free).catch(() => this.inviteOneByOne(ctx, free))));
    return outcomes.toSorted((a, b) => a.line - b.line);
  }

  /** Which addresses and user names somebody has already; an address has an `@`, and a user name has none. */
  private async taken(tenantId: string, candidates: readonly Candidate[]): Promise<Set<string>> {
    const rows = await this.database.queryInTenant<{ email: string | null; user_name: string | null }>(
      tenantId,
      selectTaken,
      [
        tenantId,
        candidates.map(({ person }) => person.email),
        candidates.flatMap(({ person }) => person.userName ?? []),
      ],
    );
    return new Set(rows.flatMap((row) => row.email ?? row.user_name ?? []));
  }

  /** All of them, or none. */
  private async invite(ctx: Context, candidates: readonly Candidate[]): Promise<Outcome[]> {
    if (candidates.length === 0) return [];
    const users = candidates.map(({ person }) => {
      const user = new User(uuidv7());
      user.invite(person);
      return user;
    });
    const saved = await this.store.saveAll(ctx, users);
    return candidates.map(({ line, person }, index) => ({
      status: 'invited',
      line,
      id: saved[index]?.streamId ?? '',
      email: person.email,
    }));
  }

  private async inviteOneByOne(ctx: Context, candidates: readonly Candidate[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const candidate of candidates) {
      const invited = this.invite(ctx, [candidate]);
      outcomes.push(...(await invited.catch((error: unknown) => [refusal(candidate.line, error)])));
    }
    return outcomes;
  }
}

function read({ line, value, error }: ImportLine, linesOfLogins: Map<string, number>): Candidate {
  if (error) throw error;
  const parsed = InviteUserRequest.safeParse(value);
  if (!parsed.success) throw new UserLineInvalid(parsed.error.issues.map(problemOf));
  const person = inOneWay(completePerson(parsed.data));
  const logins = [person.email, person.userName].filter((login) => login !== null);
  for (const login of logins) {
    const first = linesOfLogins.get(login);
    if (first !== undefined) throw new UserLineDoubled(first);
  }
  for (const login of logins) linesOfLogins.set(login, line);
  return { line, person };
}

function problemOf({ path, message }: { path: PropertyKey[]; message: string }) {
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, message };
}

/** What a line is told; only for what the line is to blame for. Anything else ends the import. */
function refusal(line: number, error: unknown): Outcome {
  if (!(error instanceof DomainError)) throw error;
  const { code, message, errors } = error as DomainError & Pick<Partial<UserLineInvalid>, 'errors'>;
  return { status: 'refused', line, code, detail: message, ...(errors && { errors: [...errors] }) };
}

async function* chunksOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
