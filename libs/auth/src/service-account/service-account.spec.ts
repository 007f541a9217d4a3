import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { ServiceAccount } from './service-account.aggregate.js';
import {
  ServiceAccountCredentialExpiryPast,
  ServiceAccountAlreadyDisabled,
  ServiceAccountIsDisabled,
  ServiceAccountNotDisabled,
  ServiceAccountNotFound,
  TooManyServiceAccountCredentials,
} from './service-account.errors.js';
import {
  ServiceAccountChanged,
  ServiceAccountCreated,
  ServiceAccountCredentialAdded,
  ServiceAccountCredentialRevoked,
  ServiceAccountDeleted,
  ServiceAccountDisabled,
  ServiceAccountEnabled,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
} from './service-account.events.js';

const id = uuidv7();
const now = new Date('2026-05-01T12:00:00Z');
const terms = { name: 'Export', description: null, permissions: ['shop.orders.read'] };
const created = ServiceAccountCreated.of(terms);
const secret = { credentialId: uuidv7(), kind: 'client_secret', name: '2026' } as const;
const added = ServiceAccountCredentialAdded.of({ ...secret, expiresAt: null });
const disabled = ServiceAccountDisabled.of({});

describe('ServiceAccount', () => {
  it('is created with each permission once, in order', () => {
    given(ServiceAccount, id, [])
      .when((account) => account.create({ ...terms, permissions: ['b', 'a', 'b'] }))
      .then([ServiceAccountCreated.of({ ...terms, permissions: ['a', 'b'] })]);
  });

  it('changes what is named and differs', () => {
    given(ServiceAccount, id, [created])
      .when((account) => account.change({ ...terms, description: 'At 2 a.m.', name: 'Orders' }))
      .then([ServiceAccountChanged.of({ name: { from: 'Export', to: 'Orders' }, description: 'At 2 a.m.' })]);
    given(ServiceAccount, id, [created])
      .when((account) => account.change(terms))
      .then([]);
    given(ServiceAccount, id, [created])
      .when((account) => account.change({ permissions: [] }))
      .then([ServiceAccountChanged.of({ permissions: [] })]);
  });

  it('has several things to log in with, and loses one without the others', () => {
    given(ServiceAccount, id, [created])
      .when((account) => account.addCredential(secret, now))
      .then([added]);
    given(ServiceAccount, id, [created, added])
      .when((account) => account.revokeCredential(secret.credentialId))
      .then([ServiceAccountCredentialRevoked.of({ credentialId: secret.credentialId })]);
    given(ServiceAccount, id, [created, added])
      .when((account) => account.revokeCredential(uuidv7()))
      .then([]);
  });

  it('has ten at most, none that has expired already, and gets none while it is disabled', () => {
    const ten = Array.from({ length: 10 }, () =>
      ServiceAccountCredentialAdded.of({ ...added.data, credentialId: uuidv7() }),
    );
    given(ServiceAccount, id, [created, ...ten])
      .when((account) => account.addCredential(secret, now))
      .thenThrows(TooManyServiceAccountCredentials);
    given(ServiceAccount, id, [created])
      .when((account) => account.addCredential({ ...secret, expiresAt: now }, now))
      .thenThrows(ServiceAccountCredentialExpiryPast);
    given(ServiceAccount, id, [created, disabled])
      .when((account) => account.addCredential(secret, now))
      .thenThrows(ServiceAccountIsDisabled);
  });

  it('is disabled and enabled, each once', () => {
    given(ServiceAccount, id, [created])
      .when((account) => account.disable())
      .then([disabled]);
    given(ServiceAccount, id, [created, disabled])
      .when((account) => account.disable())
      .thenThrows(ServiceAccountAlreadyDisabled);
    given(ServiceAccount, id, [created, disabled])
      .when((account) => account.enable())
      .then([ServiceAccountEnabled.of({})]);
    given(ServiceAccount, id, [created])
      .when((account) => account.enable())
      .thenThrows(ServiceAccountNotDisabled);
  });

  it('gets and loses roles, each once', () => {
    const assigned = ServiceAccountRoleAssigned.of({ roleId: 'auditor' });
    given(ServiceAccount, id, [created, assigned])
      .when((account) => account.assignRole('auditor'))
      .then([]);
    given(ServiceAccount, id, [created, assigned])
      .when((account) => account.revokeRole('auditor'))
      .then([ServiceAccountRoleRevoked.of({ roleId: 'auditor' })]);
  });

  it('is deleted for good', () => {
    given(ServiceAccount, id, [created])
      .when((account) => account.delete())
      .then([ServiceAccountDeleted.of({ name: 'Export' })]);
    for (const act of ['delete', 'disable', 'enable'] as const) {
      given(ServiceAccount, id, [created, ServiceAccountDeleted.of({ name: 'Export' })])
        .when((account) => account[act]())
        .thenThrows(ServiceAccountNotFound);
    }
  });
});
