import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateOf } from '../request/request-state.js';
import { answerConnectionErrors } from './connection-errors.js';
import { InFlight } from './in-flight.js';

/** Sends a body, 100 ms a byte, to a server that gives a request 200 ms to arrive; how the answer begins. */
async function answerTo(body: string, streamed: boolean): Promise<string> {
  const inFlight = new InFlight(0);
  const server = createServer(
    { connectionsCheckingInterval: 50, requestTimeout: 200 },
    (request, response) => {
      inFlight.enter(request, response);
      stateOf(request).streamed = streamed;
      void text(request).then(
        (body) => response.end(body),
        () => undefined,
      );
    },
  );
  answerConnectionErrors(server, (socket) => inFlight.isStreaming(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n');
  // Whoever is cut off while he writes may be told by a reset.
  const answer = text(client).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error;
    return '';
  });
  for (const byte of body) {
    await sleep(100);
    if (client.writable) client.write(byte);
  }
  server.close();
  return (await answer).slice(0, 12);
}

it('gives up a request that does not arrive in time, but not a streamed one', async () => {
  expect(await answerTo('slow!', false)).toBe('HTTP/1.1 408');
  expect(await answerTo('slow!', true)).toBe('HTTP/1.1 200');
  expect(await answerTo('sto', true)).toBe('');
});
