import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { ApiKey } from './api-key.aggregate.js';
import { ApiKeyConfigured, ApiKeyExpiryPast } from './api-key.errors.js';
import { ApiKeyCreated, ApiKeyRevoked, ApiKeySecretReplaced } from './api-key.events.js';

const id = uuidv7();
const now = new Date('2026-05-01T12:00:00Z');
const terms = { name: 'Deploy', permissions: ['tenancy.tenants.read'], origin: 'request' } as const;
const created = ApiKeyCreated.of({ ...terms, permissions: [...terms.permissions], expiresAt: null });

describe('ApiKey', () => {
  it('is created', () => {
    given(ApiKey, id, [])
      .when((key) => key.create(terms, now))
      .then([created]);
  });

  it('holds each permission once, in order, and knows its end', () => {
    given(ApiKey, id, [])
      .when((key) =>
        key.create(
          { ...terms, permissions: ['b', 'a', 'b'], expiresAt: new Date('2026-05-01T12:00:01Z') },
          now,
        ),
      )
      .then([
        ApiKeyCreated.of({
          ...terms,
          permissions: ['a', 'b'],
          expiresAt: '2026-05-01T12:00:01.000Z',
        }),
      ]);
  });

  it('cannot be born expired', () => {
    given(ApiKey, id, [])
      .when((key) => key.create({ ...terms, expiresAt: now }, now))
      .thenThrows(ApiKeyExpiryPast);
  });

  it('is revoked', () => {
    given(ApiKey, id, [created])
      .when((key) => key.revoke())
      .then([ApiKeyRevoked.of({})]);
  });

  it('is revoked once', () => {
    given(ApiKey, id, [created, ApiKeyRevoked.of({})])
      .when((key) => key.revoke())
      .then([]);
  });

  it('changes its secret where the configuration does, and is not revoked elsewhere', () => {
    const configured = ApiKeyCreated.of({ ...created.data, origin: 'configuration' });
    given(ApiKey, id, [configured])
      .when((key) => key.replaceSecret())
      .then([ApiKeySecretReplaced.of({})]);
    given(ApiKey, id, [configured, ApiKeySecretReplaced.of({})])
      .when((key) => key.revoke())
      .thenThrows(ApiKeyConfigured);
  });
});
