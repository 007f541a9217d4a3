import fc from 'fast-check';
import { z } from 'zod';
import { aTenant } from '../testing.js';
import { TenantSettingsInvalid, TenantSlugInvalid, TenantSlugReserved } from './tenant.errors.js';
import { changedSettings } from './tenant.events.js';
import { TenantRules } from './tenant-rules.js';

const rules = new TenantRules({});

it.each(['a', 'Acme', '-acme', 'acme-', 'ac--me', 'acme.com', 'acmé', 'a'.repeat(64), 'acme\n', ''])(
  'allows no tenant to be called %j',
  (slug) => {
    expect(() => rules.complete(aTenant({ slug }))).toThrow(TenantSlugInvalid);
  },
);

it.each(['www', 'api', 'admin', 'platform'])('reserves %s', (slug) => {
  expect(() => rules.complete(aTenant({ slug }))).toThrow(TenantSlugReserved);
});

it.each(['ac', 'a1', '4you', 'acme-2', 'a'.repeat(63)])('allows a tenant to be called %s', (slug) => {
  expect(rules.complete(aTenant({ slug }))).toMatchObject({ slug, plan: 'free', homeRegion: 'eu' });
});

it('takes the first plan and region of the platform for the default', () => {
  const own = new TenantRules({ plans: ['basic', 'pro'], regions: ['ch'] });
  expect(own.complete(aTenant())).toMatchObject({ plan: 'basic', homeRegion: 'ch' });
});

it('changes of settings only what differs, and takes back to the default what is null', () => {
  const current = { locale: 'de', timeZone: 'UTC', currency: 'CHF' };
  expect(rules.settingsChanges(current, { locale: 'de', currency: null })).toEqual({ currency: 'EUR' });
  expect(rules.settingsChanges(current, {})).toEqual({});
  expect(() => rules.settingsChanges(current, { locale: '?' })).toThrow(TenantSettingsInvalid);
});

it('leads to exactly the settings that were asked for', () => {
  const open = new TenantRules({ settings: z.looseObject({}) });
  const settings = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
  );
  fc.assert(
    fc.property(settings, settings, (before, wanted) => {
      const current = changedSettings({}, before);
      const changes = open.settingsChanges(current, wanted);
      expect(changedSettings(current, changes)).toEqual(changedSettings(current, wanted));
      expect(open.settingsChanges(changedSettings(current, changes), wanted)).toEqual({});
    }),
  );
});
