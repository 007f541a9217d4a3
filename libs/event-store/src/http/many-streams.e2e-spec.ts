import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { EventsServer } from '../spec-support/events-server.js';
import { testContext } from '../testing/context.js';

const bank = useBank([Account]);
// Both ends of each connection are in this process, and it has other files open.
const { open_files: files } = (process.report.getReport() as Report).userLimits;
const most = files.soft === 'unlimited' ? Infinity : Math.floor((Number(files.soft) - 500) / 2);
const streams = Math.min(2_000, most);
// A listening socket has a queue of its own, of 511.
const wave = 250;

interface Report {
  readonly userLimits: { readonly open_files: { readonly soft: string | number } };
}

/** A client that costs next to nothing: 2,000 of them share a process with the server. */
class Reader {
  private text = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
  }

  static async open(url: string, tenantId: string): Promise<Reader> {
    const { port } = new URL(url);
    const reader = new Reader(connect(Number(port), '127.0.0.1'));
    reader.socket.write(
      `GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenantId}\r\n\r\n`,
    );
    await reader.until('\nid: ');
    return reader;
  }

  async until(wanted: string): Promise<void> {
    while (!this.text.includes(wanted)) await once(this.socket, 'data');
  }

  /** How many events it was told of. */
  get events(): number {
    return this.text.split('\ndata: ').length - 1;
  }

  close(): void {
    this.socket.destroy();
  }
}

it('an event reaches every one of 2,000 open streams of a process, once', async () => {
  const ctx = testContext();
  const server = await EventsServer.start('fastify', bank.db.database, [Account]);
  const readers: Reader[] = [];
  while (readers.length < streams) {
    const count = Math.min(wave, streams - readers.length);
    readers.push(
      ...(await Promise.all(Array.from({ length: count }, () => Reader.open(server.url, ctx.tenantId)))),
    );
  }
  await bank.store.save(ctx, Account.open('heard', 'Heard by all'));
  await Promise.all(readers.map((reader) => reader.until('"streamId":"heard"')));
  await bank.store.save(ctx, Account.open('again', 'Heard again'));
  await Promise.all(readers.map((reader) => reader.until('"streamId":"again"')));
  expect(new Set(readers.map(({ events }) => events))).toEqual(new Set([2]));
  expect(readers).toHaveLength(streams);
  for (const reader of readers) reader.close();
  await server.close();
});
