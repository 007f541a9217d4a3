import { setTimeout as sleep } from 'node:timers/promises';
import { EventStore } from '@acci/event-store';
import {
  ProjectionBehind,
  ProjectionRunner,
  Projections,
  toRebuild,
  type RebuildRef,
} from '@acci/projections';
import { Option, SubCommand } from 'nest-commander';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';
import type { Progress } from '../console/progress.js';
import { ExitCode } from '../exit-codes.js';
import { TenantLookup } from '../tenants/tenant-lookup.js';

interface RebuildOptions extends ReasonedOptions {
  readonly tenant?: string;
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly work?: boolean;
}

const pollMs = 200;

@SubCommand({
  name: 'rebuild',
  arguments: '<name>',
  argsDescription: { name: 'the projection, as list names it' },
  description:
    'Fill a projection’s tables anew while the old ones serve, and wait until they have caught up. Ctrl-C ends the waiting only.',
})
export class RebuildProjectionCommand extends ReasonedCommand<RebuildOptions> {
  protected readonly examples = [
    `acci projections rebuild shop.order-list --reason 'Totals were wrong'`,
    `acci projections rebuild shop.order-list --reason 'Totals were wrong' --work   # no worker runs`,
    `acci projections rebuild shop.order-list --tenant acme --reason 'Ticket 4711' --no-wait`,
  ];

  constructor(private readonly tenants: TenantLookup) {
    super();
  }

  @Option({ flags: '--tenant <tenant>', description: 'only this tenant’s rows: id, slug or platform' })
  tenant(tenant: string): string {
    return tenant;
  }

  @Option({ flags: '--no-wait', description: 'end as soon as it is asked for' })
  wait(): boolean {
    return false;
  }

  @Option({ flags: '--work', description: 'lend a hand meanwhile; needed where no worker runs' })
  work(): boolean {
    return true;
  }

  protected async execute([name = '']: readonly string[], options: RebuildOptions): Promise<ExitCode> {
    const { tenant, reason, json, wait, work = false } = options;
    const tenantId = tenant === undefined ? undefined : await this.tenants.idOf(tenant);
    const projections = await this.platform.get(Projections);
    const ref = await projections.rebuild(this.platform.context(options), name, { reason, tenantId });
    if (wait) await this.lendAHand(work);
    const code = wait ? await this.waitFor(projections, ref, tenantId) : ExitCode.done;
    const progress = await projections.rebuildProgress(name, ref.build);
    if (json) await this.terminal.printJson({ projection: name, ...toRebuild(progress) });
    else if (!wait) this.terminal.say(`${name} is being rebuilt; acci projections list shows how far it is.`);
    else if (code === ExitCode.done) this.terminal.say(`${name} is rebuilt.`);
    else if (code === ExitCode.interrupted) this.terminal.say('The rebuild goes on without you.');
    else this.terminal.say(`${name} is not rebuilt: acci projections list says why.`);
    return code;
  }

  /** Runs projections here while we wait. With a server that we started, nobody else would. */
  private async lendAHand(asked: boolean): Promise<void> {
    const { embedded } = await this.platform.database();
    if (asked || embedded) (await this.platform.get(ProjectionRunner)).start();
  }

  private async waitFor(
    projections: Projections,
    ref: RebuildRef,
    tenantId: string | undefined,
  ): Promise<ExitCode> {
    const { signal } = this.terminal.io.interrupt;
    const look = tenantId === undefined ? wholeIs : await this.tenantIs(tenantId);
    return this.terminal.progress({ title: `Rebuilding ${ref.projection}`, unit: 'events' }, async (bar) => {
      for (;;) {
        const code = await look(projections, ref, bar);
        if (code !== undefined) return code;
        await sleep(pollMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return ExitCode.interrupted;
      }
    });
  }

  /** A tenant is done when it has come to the end that the log has now. */
  private async tenantIs(tenantId: string): Promise<Look> {
    const head = await (await this.platform.get(EventStore)).head();
    return async (projections, { projection }, bar) => {
      if (!head) return ExitCode.done;
      try {
        await projections.waitFor(head, { projections: [projection], tenantId, timeoutMs: pollMs });
        return ExitCode.done;
      } catch (error) {
        if (!(error instanceof ProjectionBehind)) throw error;
        const { shares } = await projections.get(projection);
        const own = shares.find((share) => share.tenantId === tenantId);
        if (own?.status === 'halted' || own?.status === 'paused') return ExitCode.failure;
        bar.update(Number(own?.checkpoint?.position ?? 0), Number(head.position));
        return undefined;
      }
    };
  }
}

/** What became of a rebuild; undefined as long as it is under way. */
type Look = (projections: Projections, ref: RebuildRef, bar: Progress) => Promise<ExitCode | undefined>;

const wholeIs: Look = async (projections, { projection, build }, bar) => {
  const progress = await projections.rebuildProgress(projection, build);
  const { status, done, eventsPerSecond, beganAt } = progress;
  if (status === 'aborted') return ExitCode.failure;
  if (status !== 'filling') return ExitCode.done;
  const handled = Math.round((eventsPerSecond * (Date.now() - beganAt.getTime())) / 1_000);
  if (done > 0) bar.update(handled, Math.round(handled / done), eventsPerSecond);
  return undefined;
};
