import { comparePositions, type Position } from '@acci/event-store';
import { Projections, toProjection } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { positionOf } from '../events/event-text.js';
import { ExitCode } from '../exit-codes.js';
import { AwaitedActCommand, type AwaitedOptions, type Look } from './awaited-act.js';
import { projection } from './projection-act.js';

@SubCommand({
  name: 'run-to',
  arguments: `${projection.arguments} <position>`,
  argsDescription: { ...projection.argsDescription, position: 'of the last event to be handled' },
  description:
    'Let a projection go on to a place in the log, and wait until it is paused there. Ctrl-C ends the waiting only.',
})
export class RunProjectionToCommand extends AwaitedActCommand {
  protected readonly examples = [
    `acci projections run-to shop.order-list 1.7421.98 --reason 'Look at it before the import'`,
  ];

  protected async execute(
    [name = '', place = '']: readonly string[],
    options: AwaitedOptions,
  ): Promise<ExitCode> {
    const position = positionOf(place);
    const projections = await this.platform.get(Projections);
    await projections.runTo(this.platform.context(options), name, position, options);
    const code = options.wait
      ? await this.waitFor(`Running ${name}`, options, isAt(projections, name, position))
      : ExitCode.done;
    const status = await projections.get(name);
    const there = options.wait && code === ExitCode.done ? ` at ${place}` : '';
    if (options.json) await this.terminal.printJson(toProjection(status));
    else this.terminal.say(`${name} is ${status.status}${there}.`);
    return code;
  }
}

/** It is there when nothing runs any more; those for whom it has halted have not come. */
function isAt(projections: Projections, name: string, position: Position): Look {
  let began: number | undefined;
  return async (bar) => {
    const { shares, rebuild } = await projections.get(name);
    const own = [...shares, ...(rebuild?.shares ?? [])].filter(({ status }) => status !== 'off');
    if (own.every(({ status }) => status !== 'running'))
      return own.some(({ status }) => status === 'halted') ? ExitCode.failure : ExitCode.done;
    const places = own.map(({ checkpoint }) =>
      checkpoint && comparePositions(checkpoint, position) > 0 ? position : checkpoint,
    );
    const average = places.reduce((sum, at) => sum + Number(at?.position ?? 0), 0) / places.length;
    began ??= average;
    bar.update(Math.round(average - began), Math.round(Number(position.position) - began));
    return undefined;
  };
}
