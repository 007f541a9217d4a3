import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operators' acts wait for the batches under way, so that many acts in a row do not keep a projection where it is. */
export class LetBatchesEnd1700300000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop function ${beginBatch}, ${letBatchesEnd}`);
  }
}

const beginBatch = 'acci.begin_batch(text, int, text, bigint)';
const letBatchesEnd = 'acci.let_batches_end(text)';

// Locks with two keys of 32 bits; the first one spells "acbt".
const lockClass = 0x61636274;
const lockOf = (projection: string) => `${lockClass}, hashtext(${projection})`;

const statements = [
  // A batch that has waited for an act may have lost its lease to it: better to know that before the work. A second
  // statement, since one sees what was committed before it began.
  `create function ${beginBatch} returns void language plpgsql as $$
   begin
     -- $1 projection, $2 build, $3 share, $4 lease generation
     perform pg_advisory_xact_lock_shared(${lockOf('$1')});
     if not exists (select from acci.projection_shares as s
                     where s.projection = $1 and s.build = $2 and s.share = $3 and s.lease_generation = $4) then
       raise exception 'share % of build % of projection % has another lease by now', $3, $2, $1 using errcode = 'LEASE';
     end if;
   end $$`,
  // Not for ever: nobody who is frozen in the middle of a batch, or handles events slowly, keeps an operator from acting.
  `create function ${letBatchesEnd} returns void language plpgsql set lock_timeout = '2s' as $$
   begin
     perform pg_advisory_xact_lock(${lockOf('$1')});
   exception when lock_not_available then null;
   end $$`,
  `revoke all on function ${beginBatch}, ${letBatchesEnd} from public`,
  `grant execute on function ${beginBatch}, ${letBatchesEnd} to acci_system`,
];
