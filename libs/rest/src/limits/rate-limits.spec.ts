import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { RateLimits } from './rate-limits.js';

/** Asks once from each address, one request allowed for each caller; the statuses. */
async function statuses(...addresses: string[]): Promise<number[]> {
  const limits = new RateLimits({ address: { limit: 1, windowSeconds: 60 } });
  const ask = (ip: string) => {
    const request = Object.assign(new IncomingMessage(new Socket()), { ip });
    return limits.charge(request, new ServerResponse(request)).then(
      () => 200,
      (refused: { status: number }) => refused.status,
    );
  };
  const found: number[] = [];
  for (const address of addresses) found.push(await ask(address));
  return found;
}

it('takes an IPv6 /64 for one caller, however its addresses are shortened', async () => {
  const one = ['2001:db8::1', '2001:db8::a:b:c:d', '2001:db8:0:0:b:b:c:d', '2001:db8::c:0:0:1'];
  expect(await statuses(...one)).toEqual([200, 429, 429, 429]);
  expect(await statuses('2001:db8::1', '2001:db8:0:1::1', '2001:db8:1::1', '::1', '1:2:3:4::')).toEqual([
    200, 200, 200, 200, 200,
  ]);
});

it('takes each IPv4 address for a caller', async () => {
  expect(await statuses('192.0.2.1', '192.0.2.2', '::ffff:192.0.2.3', '192.0.2.1')).toEqual([
    200, 200, 200, 429,
  ]);
});
