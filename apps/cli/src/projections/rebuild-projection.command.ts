import { Projections, toRebuild, type RebuildRef } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { ExitCode } from '../exit-codes.js';
import { Takes } from '../options.js';
import { AwaitedActCommand, type AwaitedOptions, type Look } from './awaited-act.js';
import { onlyTenant, projection, type Act } from './projection-act.js';

@SubCommand({
  ...projection,
  name: 'rebuild',
  description:
    'Fill a projection’s tables anew while the old ones serve, and wait until they have caught up. Ctrl-C ends the waiting only.',
})
@Takes(onlyTenant)
export class RebuildProjectionCommand extends AwaitedActCommand {
  protected readonly examples = [
    `acci projections rebuild shop.order-list --reason 'Totals were wrong'`,
    `acci projections rebuild shop.order-list --reason 'Totals were wrong' --work   # no worker runs`,
    `acci projections rebuild shop.order-list --tenant acme --reason 'Ticket 4711' --no-wait`,
  ];

  protected async execute([name = '']: readonly string[], options: AwaitedOptions): Promise<ExitCode> {
    const projections = await this.platform.get(Projections);
    const act = await this.actOf(name, options);
    const ref = await projections.rebuild(...act);
    const code = options.wait ? await this.end(projections, ref, act, options) : ExitCode.done;
    const progress = await projections.rebuildProgress(name, ref.build);
    if (options.json) await this.terminal.printJson({ projection: name, ...toRebuild(progress) });
    else if (!options.wait)
      this.terminal.say(`${name} is being rebuilt; acci projections list shows how far it is.`);
    else if (code === ExitCode.done) this.terminal.say(`${name} is rebuilt.`);
    else if (code === ExitCode.interrupted) this.terminal.say('The rebuild goes on without you.');
    else this.terminal.say(`${name} is not rebuilt: acci projections show ${name} says why.`);
    return code;
  }

  private async end(
    projections: Projections,
    ref: RebuildRef,
    [, name, { tenantId }]: Act,
    options: AwaitedOptions,
  ): Promise<ExitCode> {
    const look =
      tenantId === undefined ? wholeIs(projections, ref) : await this.tenantIsThere(name, tenantId);
    return this.waitFor(`Rebuilding ${name}`, options, look);
  }
}

function wholeIs(projections: Projections, { projection: name, build }: RebuildRef): Look {
  return async (bar) => {
    const progress = await projections.rebuildProgress(name, build);
    const { status, done, eventsPerSecond, beganAt } = progress;
    if (status === 'aborted') return ExitCode.failure;
    if (status !== 'filling') return ExitCode.done;
    const handled = Math.round((eventsPerSecond * (Date.now() - beganAt.getTime())) / 1_000);
    if (done > 0) bar.update(handled, Math.round(handled / done), eventsPerSecond);
    return undefined;
  };
}
