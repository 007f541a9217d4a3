import { globalTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where the rows of each build are, and when a program last knew its version. */
export class LocateBuilds1700300000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.projection_tables');
    await queryRunner.query('alter table acci.projection_builds drop column seen_at');
  }
}

const statements = [
  'alter table acci.projection_builds add column seen_at timestamptz not null default clock_timestamp()',
  // stored_in differs from table_name while a shadow is filled; the fingerprint then is of the table that it copies.
  // Written by the owner, together with the tables. No foreign key: a shadow must not be forgotten before it is dropped.
  `create table acci.projection_tables (
     projection text not null,
     build int not null,
     table_name text not null,
     stored_in text not null,
     fingerprint text,
     made_in_code boolean not null,
     primary key (projection, build, table_name)
   )`,
  // acci_app: whoever forgets a person has to reach the shadows as well.
  ...globalTable('acci.projection_tables', 'in which tables builds of projections keep their rows', {
    app: ['select'],
    system: ['select'],
  }),
];
