import type { IncomingMessage } from 'node:http';
import { assertNotForged, assertSameSite, csrfTokenOf } from './csrf.js';
import { CrossSiteRequest } from './session.errors.js';

const own = (origin: string) => origin === 'https://app.example.com';
const token = 'accisession_of_somebody';
const request = (headers: Record<string, string>, method = 'POST') =>
  ({ method, headers: { host: 'api.example.com', ...headers } }) as unknown as IncomingMessage;

describe('A page', () => {
  it.each([
    ['of this host', { origin: 'https://api.example.com', 'sec-fetch-site': 'same-origin' }],
    ['that says nothing of where it is from, as programs do', {}],
    ['of an origin of ours', { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }],
    ['of ours, in a browser that sends no Origin', { 'sec-fetch-site': 'same-origin' }],
  ])('%s may send what changes something', (_what, headers) => {
    expect(() => assertSameSite(request(headers), own)).not.toThrow();
  });

  it.each([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of another site, in a browser that sends only Origin', { origin: 'https://evil.example' }],
    ['of another site, in a browser that sends no Origin', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour', { origin: 'https://evil.example.com', 'sec-fetch-site': 'same-site' }],
    ['of another port', { origin: 'https://api.example.com:8443' }],
    ['that hides where it is from', { origin: 'null' }],
    ['that was opened by hand', { 'sec-fetch-site': 'none' }],
    ['whose origin begins like ours', { origin: 'https://app.example.com.evil.example' }],
  ])('%s may not', (_what, headers) => {
    expect(() => assertSameSite(request(headers), own)).toThrow(CrossSiteRequest);
  });
});

describe('A CSRF token', () => {
  const shown = (text: string, method?: string) => () =>
    assertNotForged(request({ 'x-csrf-token': text }, method), token, own);

  it('is good with its session only', () => {
    expect(shown(csrfTokenOf(token))).not.toThrow();
    expect(shown(csrfTokenOf('accisession_of_somebody_else'))).toThrow(CrossSiteRequest);
    expect(shown(`${csrfTokenOf(token)} `)).toThrow(CrossSiteRequest);
    expect(shown('')).toThrow(CrossSiteRequest);
    expect(csrfTokenOf(token)).not.toContain(token);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('is not asked for by %s', (method) => {
    expect(shown('', method)).not.toThrow();
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'BREW'])('is asked for by %s', (method) => {
    expect(shown('', method)).toThrow(CrossSiteRequest);
  });

  it('is no help to a page of another site that has got it', () => {
    const headers = { 'x-csrf-token': csrfTokenOf(token), origin: 'https://evil.example' };
    expect(() => assertNotForged(request(headers), token, own)).toThrow(CrossSiteRequest);
  });
});
