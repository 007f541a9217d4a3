import { Database, prepared, uuidv7, type Transaction } from '@acci/database';
import { DomainError, EventStore, type Context } from '@acci/event-store';
import { Logger } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertPlatformTenant } from '../../platform-tenant.js';
import { inputProblems } from '../input-problems.js';
import { Tenant, type NewTenant, type ParentTenant } from '../tenant.aggregate.js';
import { TenantParentNotFound, TenantSlugTaken } from '../tenant.errors.js';
import { lockHierarchy, readParent } from '../tenant-hierarchy.js';
import { TenantRules } from '../tenant-rules.js';
import type { ImportLine } from './import-lines.js';
import { ImportedLineDoubled, ImportedLineInvalid } from './tenant-import.errors.js';
import { ImportTenantLine, type ImportReportLine } from './tenant-import.schemas.js';

const linesAtOnce = 200;

const selectBySlugs = prepared(`
  select id, slug from acci.tenant_directory where tenant_id = $1::uuid and slug = any ($2::text[])`);

/**
 * Makes tenants, line by line; each line is wholly done or refused, whatever becomes of the others. The result is
 * the report, and drives the work: what is not read is not done.
 *
 * @throws {PlatformTenantRequired}
 * @example
 * const report = await commandBus.execute(new ImportTenants(ctx, readImportLines(body, 'ndjson')));
 * for await (const line of report) console.log(line);
 */
export class ImportTenants extends Command<AsyncIterable<ImportReportLine>> {
  constructor(
    readonly ctx: Context,
    readonly lines: AsyncIterable<ImportLine>,
  ) {
    super();
  }
}

/** A line that may become a tenant, as far as the line alone tells. */
interface Candidate {
  readonly line: number;
  readonly tenant: Omit<NewTenant, 'parent'>;
  readonly parentId: string | null | undefined;
  readonly parentSlug: string | undefined;
}

type Outcome = Extract<ImportReportLine, { line: number }>;

/**
 * Handles {@link ImportTenants}. Lines go by the hundreds into one transaction; if that fails, because a parent is
 * not there or somebody took a slug meanwhile, each of them gets a transaction of its own, and its own refusal.
 */
@CommandHandler(ImportTenants)
export class ImportTenantsHandler implements ICommandHandler<ImportTenants> {
  private readonly logger = new Logger(ImportTenantsHandler.name);

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly rules: TenantRules,
  ) {}

  async execute({ ctx, lines }: ImportTenants): Promise<AsyncIterable<ImportReportLine>> {
    assertPlatformTenant(ctx.tenantId);
    return this.report(ctx, lines);
  }

  private async *report(ctx: Context, lines: AsyncIterable<ImportLine>): AsyncGenerator<ImportReportLine> {
    const counts = { created: 0, refused: 0 };
    const linesOfSlugs = new Map<string, number>();
    try {
      for await (const chunk of chunksOf(lines, linesAtOnce)) {
        for (const outcome of await this.importChunk(ctx, chunk, linesOfSlugs)) {
          counts[outcome.status] += 1;
          yield outcome;
        }
      }
      yield { status: 'finished', ...counts };
    } catch (error) {
      this.logger.error('An import of tenants could not go on', error);
      yield { status: 'failed', ...counts };
    }
  }

  private async importChunk(
    ctx: Context,
    chunk: readonly ImportLine[],
    linesOfSlugs: Map<string, number>,
  ): Promise<Outcome[]> {
    const refused: Outcome[] = [];
    const candidates: Candidate[] = [];
    for (const line of chunk) {
      try {
        const candidate = this.read(line, linesOfSlugs);
        linesOfSlugs.set(candidate.tenant.slug, candidate.line);
        candidates.push(candidate);
      } catch (error) {
        refused.push(refusal(line.line, error));
      }
    }
    const created = await this.createTogether(ctx, candidates).catch(() =>
      this.createOneByOne(ctx, candidates),
    );
    return [...refused, ...created].toSorted((a, b) => a.line - b.line);
  }

  private read({ line, value, error }: ImportLine, linesOfSlugs: ReadonlyMap<string, number>): Candidate {
    if (error) throw error;
    const parsed = ImportTenantLine.safeParse(value);
    if (!parsed.success) throw new ImportedLineInvalid(inputProblems(parsed.error));
    const { parentId, parentSlug, ...input } = parsed.data;
    const sameSlug = linesOfSlugs.get(input.slug);
    if (sameSlug !== undefined) throw new ImportedLineDoubled(sameSlug);
    const tenant = this.rules.complete(input);
    return { line, tenant, parentId, parentSlug };
  }

  /** Those whose slugs are free, in one transaction: all of them, or none. */
  private createTogether(ctx: Context, candidates: readonly Candidate[]): Promise<Outcome[]> {
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      if (candidates.some(hasParent)) lockHierarchy(tx, 'shared');
      const taken = await idsOfSlugs(
        tx,
        candidates.map(({ tenant }) => tenant.slug),
      );
      const [refused, free] = split(candidates, ({ tenant }) => taken.has(tenant.slug));
      const [below, atTop] = split(free, hasParent);
      const outcomes = refused.map(({ line }) => refusal(line, new TenantSlugTaken()));
      // At the top tenants need nothing of each other, and all their statements travel together. Below, the parent
      // may be one of an earlier line.
      outcomes.push(...(await allDone(atTop.map((candidate) => this.create(ctx, tx, candidate)))));
      for (const candidate of below) outcomes.push(await this.create(ctx, tx, candidate));
      return outcomes;
    });
  }

  private async createOneByOne(ctx: Context, candidates: readonly Candidate[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const candidate of candidates) {
      const created = this.database.inTenant(ctx.tenantId, (tx) => {
        if (hasParent(candidate)) lockHierarchy(tx, 'shared');
        return this.create(ctx, tx, candidate);
      });
      outcomes.push(await created.catch((error: unknown) => refusal(candidate.line, error)));
    }
    return outcomes;
  }

  private async create(ctx: Context, tx: Transaction, candidate: Candidate): Promise<Outcome> {
    const { line, tenant: details } = candidate;
    const tenant = new Tenant(uuidv7());
    tenant.create({ ...details, parent: await readParentOf(tx, candidate) });
    await this.store.save(ctx, tenant);
    return { status: 'created', line, id: tenant.id, slug: details.slug };
  }
}

function hasParent({ parentId, parentSlug }: Candidate): boolean {
  return Boolean(parentId ?? parentSlug);
}

async function readParentOf(
  tx: Transaction,
  { parentId, parentSlug }: Candidate,
): Promise<ParentTenant | undefined> {
  if (parentId) return readParent(tx, parentId);
  if (parentSlug === undefined) return undefined;
  const id = (await idsOfSlugs(tx, [parentSlug])).get(parentSlug);
  if (id === undefined) throw new TenantParentNotFound();
  return readParent(tx, id);
}

async function idsOfSlugs(tx: Transaction, slugs: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; slug: string }>(selectBySlugs, [tx.tenantId, slugs]);
  return new Map(rows.map(({ id, slug }) => [slug, id]));
}

/** What a line is told; only for what the line is to blame for. Anything else ends the import. */
function refusal(line: number, error: unknown): Outcome {
  if (!(error instanceof DomainError)) throw error;
  const { code, message, errors } = error as DomainError & Pick<Partial<ImportedLineInvalid>, 'errors'>;
  return { status: 'refused', line, code, detail: message, ...(errors && { errors: [...errors] }) };
}

function split<T>(items: readonly T[], belongsFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongsFirst), items.filter((item) => !belongsFirst(item))];
}

/** As `Promise.all`, but none of the work goes on once this has thrown: it shares a transaction. */
async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
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
