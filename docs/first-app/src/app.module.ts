import { DatabaseModule, databaseMigrations, type DatabaseModuleOptions } from '@acci/database';
import { eventStoreAfterMigrate, eventStoreMigrations, EventStoreModule } from '@acci/event-store';
import { projectionsMigrations, ProjectionsModule } from '@acci/projections';
import { RestModule } from '@acci/rest';
import { tenancyMigrations, TenancyHttpModule, TenancyModule } from '@acci/tenancy';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { HeaderIdentityGuard } from './header-identity.guard.js';
import { CreateParcelList1800000000001 } from './parcel/create-parcel-list.migration.js';
import { ParcelModule } from './parcel/parcel.module.js';

/** What the database is made of: the libs' tables, then our own. */
export const databaseContent = {
  migrations: [
    ...databaseMigrations,
    ...eventStoreMigrations,
    ...projectionsMigrations,
    ...tenancyMigrations,
    CreateParcelList1800000000001,
  ],
  afterMigrate: [eventStoreAfterMigrate],
};

@Module({})
export class AppModule {
  static forRoot(urls: DatabaseModuleOptions['urls']): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.forRoot({ urls, ...databaseContent }),
        EventStoreModule.forRoot(),
        ProjectionsModule.forRoot({ runner: true }),
        CqrsModule.forRoot(),
        TenancyModule.forRoot(),
        TenancyHttpModule,
        RestModule.forRoot({}),
        ParcelModule,
      ],
      providers: [{ provide: APP_GUARD, useClass: HeaderIdentityGuard }],
    };
  }
}
