import { AuthHttpModule, authMigrations, AuthModule } from '@acci/auth';
import { databaseMigrations, DatabaseModule, type DatabaseModuleOptions } from '@acci/database';
import { eventStoreMigrations, EventStoreModule, LocalKeyFile } from '@acci/event-store';
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

@Module({ controllers: [DoorController] })
export class HouseModule {
  static forRoot(urls: DatabaseModuleOptions['urls'], keyFile: string): DynamicModule {
    return {
      module: HouseModule,
      imports: [
        DatabaseModule.forRoot({ urls, migrations }),
        // What events say about people is encrypted: see docs/personal-data.md for keys in production.
        EventStoreModule.forRootAsync({
          useFactory: async () => ({ keyProvider: await LocalKeyFile.open(keyFile) }),
        }),
        ProjectionsModule.forRoot({ runner: false }),
        TenancyModule.forRoot(),
        AuthModule.forRoot({ publicUrl: 'https://house.example.com' }),
        AuthHttpModule,
      ],
    };
  }
}
