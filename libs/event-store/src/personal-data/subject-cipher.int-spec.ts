import { uuidv7 } from '@acci/database';
import { useOffices } from '../fixtures/registry-office.js';
import { InvalidSubjectId, MasterKeyMissing, PersonalDataUnreadable, SubjectForgotten } from '../index.js';
import { testContext } from '../testing/context.js';
import { PersonalDataCipher } from './personal-data-cipher.js';
import { SubjectCipher } from './subject-cipher.js';

const offices = useOffices();
const ctx = testContext();
const { tenantId } = ctx;
const bytes = Buffer.from('a hash');
const place = ['some_table', 'some_column'];

describe('what a library keeps about a person', () => {
  const here = () => new SubjectCipher(offices.here.cipher);
  const elsewhere = () => new SubjectCipher(offices.elsewhere.cipher);

  it('opens in every process, and shows nothing before', async () => {
    const who = { tenantId, subject: uuidv7() };
    const sealed = await here().seal(who, bytes, place);
    expect(sealed.includes(bytes)).toBe(false);
    expect(await here().seal(who, bytes, place)).not.toEqual(sealed);
    expect(await elsewhere().open(who, sealed, place)).toEqual(bytes);
    const upperCase = { ...who, tenantId: tenantId.toUpperCase() };
    expect(await elsewhere().open(upperCase, sealed, place)).toEqual(bytes);
  });

  it('opens for nobody else, nowhere else, and not changed', async () => {
    const who = { tenantId, subject: uuidv7() };
    const other = { tenantId, subject: uuidv7() };
    const sealed = await here().seal(who, bytes, place);
    await here().seal(other, bytes, place);
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    const openings = [
      () => here().open(other, sealed, place),
      () => here().open(who, sealed, ['some_table', 'another_column']),
      () => here().open(who, sealed, ['some_table,some_column']),
      () => here().open(who, changed, place),
      () => here().open(who, Buffer.alloc(0), place),
    ];
    for (const opening of openings) await expect(opening()).rejects.toThrow(PersonalDataUnreadable);
  });

  it('is gone with the person, at once in every process', async () => {
    const who = { tenantId, subject: uuidv7() };
    const sealed = await here().seal(who, bytes, place);
    expect(await elsewhere().open(who, sealed, place)).toEqual(bytes);
    await offices.here.personalData.forget(ctx, who.subject);
    expect(await elsewhere().open(who, sealed, place)).toBeUndefined();
    await expect(here().seal(who, bytes, place)).rejects.toThrow(SubjectForgotten);
  });

  it('is nothing about somebody unknown, whom asking does not make known', async () => {
    const who = { tenantId, subject: uuidv7() };
    expect(await here().open(who, bytes, place)).toBeUndefined();
    const rows = await offices.db.admin('select 1 from acci.subject_keys where subject = $1', [who.subject]);
    expect(rows).toEqual([]);
  });

  it('needs a master key, and a subject that can be one', async () => {
    const keyless = new SubjectCipher(new PersonalDataCipher());
    const who = { tenantId, subject: uuidv7() };
    await expect(keyless.seal(who, bytes, place)).rejects.toThrow(MasterKeyMissing);
    await expect(keyless.open(who, bytes, place)).rejects.toThrow(MasterKeyMissing);
    await expect(here().seal({ tenantId, subject: '' }, bytes, place)).rejects.toThrow(InvalidSubjectId);
  });

  it('outlives the rotation of its tenant’s key', async () => {
    const who = { tenantId, subject: uuidv7() };
    const sealed = await here().seal(who, bytes, place);
    await offices.elsewhere.personalData.rotateTenantKey(tenantId);
    expect(await here().open(who, sealed, place)).toEqual(bytes);
  });
});
