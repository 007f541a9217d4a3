import { GAUGES, HEALTH_CHECKS, ObservabilityModule, StructuredLogger } from '@acci/observability';
import type { GaugeSource, HealthCheck } from '@acci/observability';
import { Module } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const queue: HealthCheck = { name: 'queue', check: async () => ({ waiting: 3 }) };
const waiting: GaugeSource = {
  name: 'orders_queue_jobs',
  help: 'Jobs that wait in the queue.',
  collect: () => [{ value: 3 }],
};

@Module({
  imports: [ObservabilityModule.forRoot({ serviceName: 'orders-api', log: { level: 'info' } })],
  providers: [
    { provide: HEALTH_CHECKS, useValue: [queue] },
    { provide: GAUGES, useValue: [waiting] },
  ],
})
class AppModule {}

export async function start(port: number): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { bufferLogs: true });
  app.useLogger(app.get(StructuredLogger));
  app.enableShutdownHooks();
  await app.listen(port);
  return app;
}
