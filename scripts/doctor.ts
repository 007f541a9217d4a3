import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrations, openServerDatabase, readConfig } from '@acci/api';
import { diagnose, EmbeddedServer, formatVerdicts, type DoctorCheck } from '@acci/database';

// `npm run doctor`: every check of the database with its verdict, as text or with `--json`; exit code 1 on a failure.
// It asks the server of DATABASE_URL, or the embedded one: that of a running app, or else one it starts for itself.

/** The event log belongs to the cluster it is in; a copy must be adopted before it may be appended to. */
const epoch: DoctorCheck = {
  name: 'events.epoch',
  run: async ({ system }) => {
    const [log] = await system(`select to_regclass('acci.event_epochs') is not null as exists`);
    if (!log?.['exists']) return { verdict: 'ok', detail: 'there is no event log' };
    const [here] = await system(
      `select case when system_identifier = (pg_control_system()).system_identifier then acci.current_epoch() end as epoch
        from acci.event_epochs order by epoch desc limit 1`,
    );
    const found = here?.['epoch'];
    return typeof found === 'number'
      ? { verdict: 'ok', detail: `epoch ${found}` }
      : { verdict: 'failure', detail: 'the log comes from another cluster: start the app once to adopt it' };
  },
};

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const config = readConfig(process.env);
const running = config.DATABASE_URL
  ? undefined
  : await EmbeddedServer.find(join(config.ACCI_DATA_DIR, 'postgres'));
const { urls, embedded } = running
  ? { urls: running, embedded: undefined }
  : await openServerDatabase(config, (message) => console.error(message));
try {
  const pool = { statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS };
  const verdicts = await diagnose({ urls, migrations, pool, extra: [epoch] });
  console.log(values.json ? JSON.stringify(verdicts, undefined, 2) : formatVerdicts(verdicts));
  process.exitCode = verdicts.some(({ verdict }) => verdict === 'failure') ? 1 : 0;
} finally {
  await embedded?.stop();
}
