import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepared, type Database } from '@acci/database';
import type { Context } from '../context.js';
import { retryConflicts } from '../store/retry-conflicts.js';
import { isStreamId } from '../store/prepare-append.js';
import { lockKey } from '../tag/tag-locks.js';
import { CommandIdReused, InvalidCommandId } from './command.errors.js';
import { decodeResult, encodeResult } from './stored-result.js';

/** What tells a command from another one under the same id. */
export interface OnceOptions {
  /**
   * The command: its name and input, as JSON. A hash of it is kept, with the actor. An id stands for one of them; leave
   * it out where every id is made for one command.
   */
  readonly command?: unknown;
}

// An advisory lock, and not the row itself: to insert it first would give the transaction its place in the log before
// it has loaded anything, and every stream that goes on meanwhile would make it begin anew.
const lockCommand = prepared('select pg_advisory_xact_lock($1::bigint)::text');

const selectHandled = prepared(`
  select fingerprint, result::text as result from acci.handled_commands where tenant_id = $1::uuid and command_id = $2`);

const keepResult = prepared(`
  insert into acci.handled_commands (tenant_id, command_id, fingerprint, result) values ($1::uuid, $2, $3, $4)`);

// Each command takes some old ones of its tenant along, so that nobody has to clear up. Not those that another command
// takes just now: it would wait for that one's end.
const forgetOld = prepared(`
  delete from acci.handled_commands as old
   using (select command_id from acci.handled_commands
           where tenant_id = $1::uuid and handled_at < now() - interval '7 days'
           order by handled_at limit 10 for update skip locked) as oldest
   where old.tenant_id = $1::uuid and old.command_id = oldest.command_id`);

interface HandledRow {
  readonly fingerprint: string;
  readonly result: string | null;
}

/** Remembers which commands were handled, and with what result. */
export class HandledCommands {
  private readonly underWay = new AsyncLocalStorage<bigint>();
  private readonly turns = new Map<bigint, Promise<unknown>>();

  constructor(
    private readonly database: Database,
    private readonly attempts: number,
  ) {}

  /** See {@link EventStore.once}. */
  async once<R>(ctx: Context, work: () => Promise<R>, { command }: OnceOptions): Promise<R> {
    const { tenantId, commandId, actor } = ctx;
    if (commandId === undefined) return work();
    if (!isStreamId(commandId)) throw new InvalidCommandId();
    const lock = lockKey('command', tenantId, commandId);
    // A part of the command, in the hands of another handler.
    if (this.underWay.getStore() === lock) return work();
    const fingerprint = fingerprintOf(actor, command);
    const handle = (): Promise<R> =>
      this.database.inTenant(tenantId, async (tx) => {
        tx.execute(lockCommand, [lock]);
        const [handled] = await tx.query<HandledRow & Record<string, unknown>>(selectHandled, [
          tenantId,
          commandId,
        ]);
        if (handled && handled.fingerprint !== fingerprint) throw new CommandIdReused();
        if (handled) return decodeResult(handled.result) as R;
        const result = encodeResult(await this.underWay.run(lock, work));
        tx.execute(keepResult, [tenantId, commandId, fingerprint, result]);
        tx.execute(forgetOld, [tenantId]);
        // What the first caller gets is what all later ones will.
        return decodeResult(result) as R;
      });
    return retryConflicts(this.database, this.attempts, () => this.inTurn(lock, handle));
  }

  /**
   * Of all that wait for one command in this process, one does so in the database, for as long as anybody would wait for
   * a connection: the others are for others. Not inside a transaction, where it might wait for one that waits for it, and
   * nobody would notice.
   */
  private async inTurn<R>(lock: bigint, handle: () => Promise<R>): Promise<R> {
    if (this.database.current) return handle();
    const before = this.turns.get(lock)?.catch(() => {});
    const patience = before && sleep(this.database.acquireTimeoutMs, undefined, { ref: false });
    const turn = Promise.race([before, patience]).then(handle);
    this.turns.set(lock, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(lock) === turn) this.turns.delete(lock);
    }
  }
}

function fingerprintOf(actor: string, command: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([actor, command ?? null]))
    .digest('base64url');
}
