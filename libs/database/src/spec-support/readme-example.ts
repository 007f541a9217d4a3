// README begins
import { DatabaseModule, Database, databaseMigrations, prepared, tenantTable, uuidv7 } from '@acci/database';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1800000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create schema shop');
    await queryRunner.query('grant usage on schema shop to acci_app, acci_system');
    await queryRunner.query(
      'create table shop.orders (tenant_id uuid not null, id uuid, item text not null, primary key (tenant_id, id))',
    );
    for (const sql of tenantTable('shop.orders')) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema shop cascade');
  }
}

const insertOrder = prepared('insert into shop.orders (tenant_id, id, item) values ($1, $2, $3)');
const selectItems = prepared('select item from shop.orders order by id');

@Injectable()
export class Orders {
  constructor(private readonly database: Database) {}

  /** One round trip, commit included: nothing is sent before it must be. */
  async place(tenantId: string, items: readonly string[]): Promise<void> {
    await this.database.inTenant(tenantId, (tx) => {
      for (const item of items) tx.execute(insertOrder, [tenantId, uuidv7(), item]);
    });
  }

  /** One round trip too, and no WHERE: other tenants' rows are not there. */
  items(tenantId: string): Promise<{ item: string }[]> {
    return this.database.queryInTenant(tenantId, selectItems);
  }
}

@Module({})
export class ShopModule {
  static forRoot(urls: { app: string; system: string; owner: string }): DynamicModule {
    return {
      module: ShopModule,
      imports: [
        DatabaseModule.forRoot({ urls, migrations: [...databaseMigrations, CreateOrders1800000000001] }),
      ],
      providers: [Orders],
      exports: [Orders],
    };
  }
}
// README ends
