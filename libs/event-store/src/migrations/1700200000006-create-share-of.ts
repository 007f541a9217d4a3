import type { MigrationInterface, QueryRunner } from 'typeorm';

const shareOf = 'acci.share_of(uuid, int)';

/** Divides the tenants among those who read the log side by side. */
export class CreateShareOf1700200000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The last bytes of an id are random in every version of UUID that anybody makes. No hash function of PostgreSQL's:
    // it may come out differently in the next release, and a tenant would fall between two readers.
    await queryRunner.query(
      `create function acci.share_of(tenant uuid, shares int) returns int language sql immutable parallel safe
       return (get_byte(uuid_send(tenant), 14) * 256 + get_byte(uuid_send(tenant), 15)) % shares`,
    );
    await queryRunner.query(`revoke all on function ${shareOf} from public`);
    await queryRunner.query(`grant execute on function ${shareOf} to acci_app, acci_system`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop function ${shareOf}`);
  }
}
