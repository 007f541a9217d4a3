import { uuidv7 } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { testContext } from '../testing/context.js';

const bank = useBank([Account]);

it('the log is divided among those who read shares of it: each tenant is in one, and can be left out', async () => {
  const tenants = Array.from({ length: 30 }, () => uuidv7());
  for (const tenantId of tenants)
    for (let i = 0; i < 2; i += 1)
      await bank.store.save(testContext({ tenantId }), Account.open(uuidv7(), uuidv7()));

  const shares = await Promise.all(
    [0, 1, 2].map((is) => bank.store.readAll(undefined, 100, { share: { of: 3, is } })),
  );
  expect(shares.map((events) => events.length > 0)).toEqual([true, true, true]);
  const all = await bank.store.readAll(undefined, 100);
  expect(
    shares
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(all.map(({ id }) => id).toSorted());
  const owners = shares.map((events) => new Set(events.map(({ tenantId }) => tenantId)));
  expect(owners.reduce((sum, own) => sum + own.size, 0)).toBe(tenants.length);

  const [first] = owners as [Set<string>];
  const [out, ...kept] = [...first] as [string, ...string[]];
  const rest = await bank.store.readAll(undefined, 100, { share: { of: 3, is: 0 }, exceptTenants: [out] });
  expect(new Set(rest.map(({ tenantId }) => tenantId))).toEqual(new Set(kept));

  const ofSome = async (wanted: readonly string[]) =>
    (await bank.store.readAll(undefined, 100, { tenants: wanted, exceptTenants: [out] })).map(
      ({ tenantId }) => tenantId,
    );
  expect(new Set(await ofSome([out, ...kept.slice(0, 2)]))).toEqual(new Set(kept.slice(0, 2)));
  expect(await ofSome([])).toEqual([]);
});
