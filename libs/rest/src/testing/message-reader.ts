/**
 * A server-sent message, as it was read.
 *
 * @example
 * const [{ id, data }] = await reader.take(1);
 */
export interface Message {
  readonly id?: string;
  readonly event?: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests say what is expected in it
  readonly data?: any;
}

/**
 * Reads the server-sent events of a live stream, in tests.
 *
 * @example
 * const reader = await MessageReader.of(fetch(`${url}/v1/orders/stream`, { headers }));
 * await placeOrder();
 * expect(await reader.take(1)).toMatchObject([{ data: { status: 'placed' } }]);
 * await reader.close();
 */
export class MessageReader {
  /** The id of the last message, as `EventSource` would send it. */
  lastEventId = '';
  private readonly messages: AsyncGenerator<Message, void>;

  private constructor(response: Response) {
    this.messages = parse(response.body as ReadableStream<Uint8Array>);
  }

  /** @throws {Error} unless the answer is a stream. Resolves once the stream has said where it begins. */
  static async of(answer: Promise<Response>): Promise<MessageReader> {
    const response = await answer;
    if (response.headers.get('content-type') !== 'text/event-stream')
      throw new Error(`No stream: ${response.status} ${await response.text()}`);
    const reader = new MessageReader(response);
    await reader.next();
    return reader;
  }

  /** The next message of any kind; undefined at the end of the stream. */
  async next(): Promise<Message | undefined> {
    const { value } = await this.messages.next();
    if (value?.id !== undefined) this.lastEventId = value.id;
    return value ?? undefined;
  }

  /** So many messages with data. */
  async take(count: number): Promise<Message[]> {
    const taken: Message[] = [];
    while (taken.length < count) {
      const message = await this.next();
      if (!message) throw new Error(`The stream ended after ${taken.length} of ${count} messages`);
      if (message.data !== undefined) taken.push(message);
    }
    return taken;
  }

  /** Ends the stream from this side. */
  async close(): Promise<void> {
    await this.messages.return();
  }
}

async function* parse(body: ReadableStream<Uint8Array>): AsyncGenerator<Message, void> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const fields = Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s)) as [string, string][]);
      yield {
        ...fields,
        ...(fields['data'] !== undefined && { data: JSON.parse(fields['data']) as unknown }),
      };
    }
  }
}
