import type { Transaction } from '@acci/database';
import type { Delivery, Writes } from '../reaction/reaction.js';
import { stepOf, type Process, type Step } from './process.js';
import type { ProcessManagerOptions } from './process-options.js';
import * as sql from './process-statements.js';

/** What one step of a process writes: its state, its timers, and the commands that are to be sent. */
export function writesOf(
  { name, version }: ProcessManagerOptions,
  { tenantId, lane, kind }: Delivery,
  process: Process,
  { state, correlationId }: { readonly state: unknown; readonly correlationId: string },
): Writes {
  const key = [tenantId, name, lane];
  const step = stepOf(process);
  return (tx) => {
    const status = step.completed ? 'completed' : 'running';
    tx.execute(sql.saveProcess, [...key, version, status, JSON.stringify(state), correlationId]);
    // Here one was refused: those after it depended on it.
    if (kind === 'command') tx.execute(sql.removeCommands, key);
    for (const command of step.commands)
      tx.execute(sql.insertCommand, [...key, command.name, JSON.stringify(command.data)]);
    if (step.completed) tx.execute(sql.removeTimers, key);
    else writeTimers(tx, key, step);
  };
}

function writeTimers(tx: Transaction, key: readonly string[], { timers }: Step): void {
  for (const [timer, set] of timers) {
    if (!set) {
      tx.execute(sql.removeTimer, [...key, timer]);
      continue;
    }
    const { time, data } = set;
    const at = 'at' in time ? time.at : null;
    const after = 'afterMs' in time ? `${time.afterMs} milliseconds` : null;
    tx.execute(sql.setTimer, [...key, timer, JSON.stringify(data), at, after]);
  }
}
