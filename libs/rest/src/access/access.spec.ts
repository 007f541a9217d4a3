import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { configureApp } from '../configure-app.js';
import { routesOf } from '../routes/routes.js';
import { Public, RequirePermission } from './access.js';

@Public()
@Controller('open')
class OpenController {
  @Get()
  read(): void {}

  @RequirePermission('sample.things.create')
  @Post()
  write(): void {}
}

@Controller('silent')
class SilentController {
  @Get()
  first(): void {}

  @Public()
  @Get('open')
  open(): void {}
}

@Module({ controllers: [OpenController, SilentController] })
class SilentModule {}

it('lets the method win over the controller', async () => {
  const app = await NestFactory.create(SilentModule, new FastifyAdapter(), { logger: false });
  expect(Object.fromEntries(routesOf(app).map(({ name, access }) => [name, access]))).toEqual({
    'OpenController.read': { public: true },
    'OpenController.write': { permission: 'sample.things.create' },
    'SilentController.first': undefined,
    'SilentController.open': { public: true },
  });
  await app.close();
});

it('refuses to boot a route that declares no access, naming it', async () => {
  const app = await NestFactory.create(SilentModule, new FastifyAdapter(), { logger: false });
  expect(() => configureApp(app)).toThrow(/SilentController\.first\. Add @RequirePermission/);
  await app.close();
});
