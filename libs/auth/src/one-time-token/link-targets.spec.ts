import { fill, LinkTargetInvalid, linkTargets } from './link-targets.js';

const values = { token: 'accionce_1', tenant: 'acme' };
const base = 'https://app.example.com';

describe('Links', () => {
  it('lead below the front end, with the token where no server sees it', () => {
    const { password_reset: target } = linkTargets(base, {});
    expect(fill(base, target, values)).toBe('https://app.example.com/reset-password#token=accionce_1');
    expect(fill(`${base}/portal/`, target, values)).toBe(
      'https://app.example.com/portal/reset-password#token=accionce_1',
    );
  });

  it('can lead to a page, or to a host, of each tenant’s own', () => {
    const { invitation } = linkTargets(base, { invitation: '/{tenant}/join?t={token}' });
    expect(fill(base, invitation, values)).toBe('https://app.example.com/acme/join?t=accionce_1');
    expect(fill('https://{tenant}.example.com', invitation, values)).toBe(
      'https://acme.example.com/acme/join?t=accionce_1',
    );
    expect(fill(base, 'https://join.example.com/#{token}', values)).toBe(
      'https://join.example.com/#accionce_1',
    );
  });

  it.each([
    [base, { invitation: '/join' }],
    [base, { invitation: 'javascript:go("{token}")' }],
    ['app.example.com', {}],
  ])('are refused at boot for %s and %j', (publicUrl, links) => {
    expect(() => linkTargets(publicUrl, links)).toThrow(LinkTargetInvalid);
  });
});
