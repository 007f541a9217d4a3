import {
  AuthHttpModule,
  authMigrations,
  AuthModule,
  type AuthModuleOptions,
  type PasswordHashingOptions,
} from '@acci/auth';
import { databaseMigrations, DatabaseModule, type DatabaseModuleOptions } from '@acci/database';
import { EnvironmentKey, eventStoreMigrations, EventStoreModule } from '@acci/event-store';
import { projectionsMigrations, ProjectionsModule } from '@acci/projections';
import { Ctx, Public, type RequestContext, RequirePermission } from '@acci/rest';
import { tenancyMigrations, TenancyModule } from '@acci/tenancy';
import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';

@Controller({ path: 'doors', version: '1' })
class DoorController {
  @RequirePermission('house.doors.open')
  @Get('locked')
  locked(@Ctx() ctx: RequestContext): { openedBy: string; of: string } {
    return { openedBy: ctx.actor, of: ctx.tenantId };
  }

  @Public()
  @Get('open')
  open(): { open: boolean } {
    return { open: true };
  }
}

export const migrations = [
  ...databaseMigrations,
  ...eventStoreMigrations,
  ...projectionsMigrations,
  ...tenancyMigrations,
  ...authMigrations,
];

const masterKey = Buffer.alloc(32, 'auth specs').toString('base64');

/** As cheap as argon2 can be. */
export const cheapHashing: PasswordHashingOptions = { weak: true, memoryKiB: 8, passes: 1 };

@Module({ controllers: [DoorController] })
export class HouseModule {
  static forRoot(
    urls: DatabaseModuleOptions['urls'],
    operatorKey?: string,
    options: AuthModuleOptions = {},
  ): DynamicModule {
    return {
      module: HouseModule,
      imports: [
        DatabaseModule.forRoot({ urls, migrations }),
        EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(masterKey) }),
        ProjectionsModule.forRoot({ runner: false }),
        TenancyModule.forRoot(),
        AuthModule.forRoot({ operatorKey, passwordHashing: cheapHashing, ...options }),
        AuthHttpModule,
      ],
    };
  }
}
