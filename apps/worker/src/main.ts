import 'reflect-metadata';
import { failStart, PlatformModule, readConfig, runProcess, version } from '@acci/api';
import { StructuredLogger } from '@acci/observability';
import { NestFactory } from '@nestjs/core';

// The platform without HTTP: projections, erasures, and whatever else goes on without a request.
try {
  const config = { ...readConfig(process.env), ACCI_WORKER: true };
  await runProcess(config, async (database) => {
    const app = await NestFactory.createApplicationContext(
      PlatformModule.forRoot(config, database, 'acci-worker'),
      {
        logger: ['warn', 'error'],
        abortOnError: false,
      },
    );
    app.useLogger(app.get(StructuredLogger));
    return { app, banner: [`ACCI worker ${version} runs`] };
  });
} catch (error) {
  failStart(error);
}
