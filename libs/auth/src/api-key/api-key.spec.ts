import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { ApiKey } from './api-key.aggregate.js';
import {
  ApiKeyConfigured,
  ApiKeyEnded,
  ApiKeyExpiryPast,
  ApiKeyRotating,
  ApiKeyTakenBack,
} from './api-key.errors.js';
import {
  ApiKeyChanged,
  ApiKeyCreated,
  ApiKeyRevoked,
  ApiKeyRoleAssigned,
  ApiKeyRoleRevoked,
  ApiKeyRotated,
  ApiKeySecretReplaced,
} from './api-key.events.js';

const id = uuidv7();
const now = new Date('2026-05-01T12:00:00Z');
const terms = { name: 'Deploy', permissions: ['tenancy.tenants.read'], origin: 'request' } as const;
const created = ApiKeyCreated.of({
  ...terms,
  permissions: [...terms.permissions],
  expiresAt: null,
  addressRanges: [],
  owner: null,
});

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
          ...created.data,
          permissions: ['a', 'b'],
          expiresAt: '2026-05-01T12:00:01.000Z',
        }),
      ]);
  });

  it('is changed where that makes a difference', () => {
    const addressRanges = ['203.0.113.0/24', '198.51.100.7'];
    given(ApiKey, id, [created])
      .when((key) => {
        key.change({ name: terms.name, addressRanges: [] });
        key.change({ name: 'Roll out' });
        key.change({ name: 'Roll out', addressRanges });
        key.change({ addressRanges: addressRanges.toReversed() });
      })
      .then([
        ApiKeyChanged.of({ name: 'Roll out' }),
        ApiKeyChanged.of({ addressRanges: [...addressRanges].sort() }),
      ]);
  });

  it('is not changed when it was revoked, nor where the configuration says what it is', () => {
    given(ApiKey, id, [created, ApiKeyRevoked.of({})])
      .when((key) => key.change({ name: 'Roll out' }))
      .thenThrows(ApiKeyTakenBack);
    given(ApiKey, id, [ApiKeyCreated.of({ ...created.data, origin: 'configuration' })])
      .when((key) => key.change({ name: 'Roll out' }))
      .thenThrows(ApiKeyConfigured);
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

  it('is somebody’s, and bound to networks', () => {
    const owner = { type: 'user', id } as const;
    given(ApiKey, id, [])
      .when((key) => key.create({ ...terms, owner, addressRanges: ['::1', '10.0.0.0/8', '::1'] }, now))
      .then([ApiKeyCreated.of({ ...created.data, owner, addressRanges: ['10.0.0.0/8', '::1'] })]);
  });

  describe('when it gets another secret', () => {
    const later = new Date('2026-05-01T13:00:00Z');
    const rotated = ApiKeyRotated.of({ previousUntil: later.toISOString() });

    it('keeps the one before for a while', () => {
      given(ApiKey, id, [created])
        .when((key) => key.rotate(later, now))
        .then([rotated]);
    });

    it('has no more than two', () => {
      given(ApiKey, id, [created, rotated])
        .when((key) => key.rotate(later, now))
        .thenThrows(ApiKeyRotating);
      given(ApiKey, id, [created, rotated])
        .when((key) => key.rotate(new Date('2026-05-01T14:00:00Z'), later))
        .then([ApiKeyRotated.of({ previousUntil: '2026-05-01T14:00:00.000Z' })]);
    });

    it('loses all before it at once, if that is wanted', () => {
      given(ApiKey, id, [created, rotated])
        .when((key) => key.rotate(now, now))
        .then([ApiKeyRotated.of({ previousUntil: now.toISOString() })]);
    });

    it.each([
      ['revoked', [created, ApiKeyRevoked.of({})], ApiKeyTakenBack],
      ['expired', [ApiKeyCreated.of({ ...created.data, expiresAt: now.toISOString() })], ApiKeyEnded],
      ['configured', [ApiKeyCreated.of({ ...created.data, origin: 'configuration' })], ApiKeyConfigured],
    ])('is refused, if it was %s', (_what, events, error) => {
      given(ApiKey, id, events)
        .when((key) => key.rotate(later, now))
        .thenThrows(error);
    });
  });

  it('gets and loses roles, each once', () => {
    const assigned = ApiKeyRoleAssigned.of({ roleId: 'auditor' });
    given(ApiKey, id, [created])
      .when((key) => key.assignRole('auditor'))
      .then([assigned]);
    given(ApiKey, id, [created, assigned])
      .when((key) => key.assignRole('auditor'))
      .then([]);
    given(ApiKey, id, [created, assigned])
      .when((key) => key.revokeRole('auditor'))
      .then([ApiKeyRoleRevoked.of({ roleId: 'auditor' })]);
    given(ApiKey, id, [created, ApiKeyRevoked.of({})])
      .when((key) => key.assignRole('auditor'))
      .thenThrows(ApiKeyTakenBack);
  });
});
