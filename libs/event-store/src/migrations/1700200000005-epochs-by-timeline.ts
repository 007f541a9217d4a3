import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createCurrentEpoch, epochDefault, type BegunEpoch } from '../epochs.js';

/** An epoch begins with each timeline, at the moment that a replica is promoted, and not at the next start of an app. */
export class EpochsByTimeline1700200000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(createCurrentEpoch);
    const begun = await newestEpoch(queryRunner);
    if (begun) await queryRunner.query(epochDefault(begun));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // What came after the newest row would be of an epoch that nothing names any more.
    await queryRunner.query(`
      insert into acci.event_epochs (epoch, system_identifier, timeline)
      select acci.current_epoch(), system_identifier, timeline + acci.current_epoch() - epoch
        from acci.event_epochs order by epoch desc limit 1
      on conflict do nothing`);
    await queryRunner.query(`
      create or replace function acci.current_epoch() returns int language plpgsql stable as $$
      declare newest acci.event_epochs;
      begin
        select * into newest from acci.event_epochs order by epoch desc limit 1;
        if newest.system_identifier is distinct from (pg_control_system()).system_identifier then
          raise exception 'the event log has not been adopted by this cluster' using errcode = 'STALE';
        end if;
        return newest.epoch;
      end $$`);
    const begun = (await newestEpoch(queryRunner)) as BegunEpoch;
    await queryRunner.query(`
      alter table acci.events alter column epoch set default
        case when (pg_control_system()).system_identifier = ${BigInt(begun.cluster)} then ${begun.epoch} end`);
  }
}

async function newestEpoch(queryRunner: QueryRunner): Promise<BegunEpoch | undefined> {
  const rows: unknown = await queryRunner.query(`
    select epoch, system_identifier as cluster, timeline from acci.event_epochs order by epoch desc limit 1`);
  return (rows as BegunEpoch[])[0];
}
