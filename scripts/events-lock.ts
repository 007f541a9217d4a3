import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { PlatformModule, readConfig } from '@acci/api';
import {
  compareWithLock,
  explainLock,
  lockEvents,
  registryOf,
  type EventLock,
} from '@acci/event-store/testing';

// `npm run events:lock` adds new events to events.lock.json; `npm run check:events` compares and changes nothing. Events
// that are stored can never be changed, so neither may their schemas: the lock file is the memory of that.
const usage = `npm run events:lock [-- --accept type@version …]

Adds the events that events.lock.json does not have yet. What it has stays as it is: a changed schema is a new version.
--accept takes an event over as it is now, changed or gone. That is right only if no event of this version was ever
stored, or every one that was fits the new schema as well.`;

const file = new URL('../events.lock.json', import.meta.url);
const { values } = parseArgs({
  options: {
    accept: { type: 'string', multiple: true },
    check: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

// Nothing is started: the modules alone say which aggregates there are.
const urls = { app: '', system: '', owner: '' };
const registry = await registryOf(PlatformModule.forRoot(readConfig({}), { urls }, 'events-lock'));
let lock = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as EventLock;
if (!values.check) {
  lock = lockEvents(registry, lock, values.accept);
  await writeFile(file, `${JSON.stringify(lock, undefined, 2)}\n`);
}
const differences = compareWithLock(registry, lock);
console.log(
  explainLock(differences) || `${Object.keys(lock).length} event schemas are as events.lock.json has them`,
);
process.exitCode = differences.length > 0 ? 1 : 0;
