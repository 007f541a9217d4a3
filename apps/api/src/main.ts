import 'reflect-metadata';
import { FirstOperatorBootstrap, OperatorKeyBootstrap } from '@acci/auth';
import { apiBanner } from './banner.js';
import { readConfig } from './config.js';
import { createApi } from './create-api.js';
import { failStart, runProcess } from './run-process.js';

try {
  const config = readConfig(process.env);
  await runProcess(config, async (database) => {
    const app = await createApi(config, database);
    try {
      await app.init();
      const { key } = await app.get(OperatorKeyBootstrap).run();
      const { setUpLink } = await app.get(FirstOperatorBootstrap).run();
      await app.listen(config.PORT, config.HOST);
      return { app, banner: apiBanner(config, await app.getUrl(), database, { key, setUpLink }) };
    } catch (error) {
      // Its work would complain of the database that goes, louder than what is wrong.
      await app.close().catch(() => undefined);
      throw error;
    }
  });
} catch (error) {
  failStart(error);
}
