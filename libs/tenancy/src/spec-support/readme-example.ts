import { databaseMigrations, DatabaseModule, type DatabaseModuleOptions } from '@acci/database';
import { eventStoreAfterMigrate, eventStoreMigrations, EventStoreModule } from '@acci/event-store';
import { projectionsMigrations, ProjectionsModule } from '@acci/projections';
import {
  CreateTenant,
  PLATFORM_TENANT_ID,
  TenancyHttpModule,
  TenancyModule,
  tenancyMigrations,
  TenantSettings,
  TenantStatus,
} from '@acci/tenancy';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { z } from 'zod';

const settings = TenantSettings.extend({ seats: z.int().min(1).default(5) });

@Injectable()
export class SignUp {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly tenantStatus: TenantStatus,
  ) {}

  async signUp(slug: string, name: string, correlationId: string): Promise<string> {
    const ctx = { tenantId: PLATFORM_TENANT_ID, actor: 'system:sign-up', correlationId };
    const { streamId } = await this.commandBus.execute(
      new CreateTenant(ctx, { slug, name, plan: 'basic', settings: { seats: 20 } }),
    );
    await this.tenantStatus.assertActive(streamId); // what a guard asks at every request
    return streamId;
  }
}

@Module({})
export class ShopModule {
  static forRoot(urls: DatabaseModuleOptions['urls']): DynamicModule {
    return {
      module: ShopModule,
      imports: [
        CqrsModule,
        DatabaseModule.forRoot({
          urls,
          migrations: [
            ...databaseMigrations,
            ...eventStoreMigrations,
            ...projectionsMigrations,
            ...tenancyMigrations,
          ],
          afterMigrate: [eventStoreAfterMigrate],
        }),
        EventStoreModule.forRoot(),
        ProjectionsModule.forRoot({ runner: false }),
        TenancyModule.forRoot({
          settings,
          plans: ['basic', 'pro'],
          regions: ['eu'],
          worker: { enabled: true },
        }),
        TenancyHttpModule,
      ],
      providers: [SignUp],
    };
  }
}
