import { mySession } from './my-session.js';

const [tenantId, homeTenantId, id] = ['tenant', 'home', 'ada'];
const ctx = { tenantId, actor: `guest:${homeTenantId}/${id}`, correlationId: 'one' };
const guest = {
  ...ctx,
  permissions: new Set<string>(),
  sessionId: 's',
  subject: { type: 'user', id },
} as const;

it('A guest’s session is at home, where they are known as who they are', () => {
  expect(mySession(ctx, { ...guest, homeTenantId })).toEqual({
    sessionId: 's',
    userId: id,
    tenantId: homeTenantId,
    own: { ...ctx, tenantId: homeTenantId, actor: `user:${id}` },
  });
  expect(mySession(ctx, guest)).toEqual({ sessionId: 's', userId: id, tenantId, own: ctx });
});
