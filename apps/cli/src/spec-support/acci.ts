import { Readable, Writable } from 'node:stream';
import type { ServerDatabase } from '@acci/api';
import { Interrupt, type Io } from '../io.js';

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `acci` on a database of its own, in this process; without a terminal. */
export class Acci {
  readonly env: Io['env'];

  constructor({ urls }: Pick<ServerDatabase, 'urls'>, env: Io['env'] = {}) {
    this.env = {
      NODE_ENV: 'test',
      DATABASE_URL: urls.app,
      DATABASE_SYSTEM_URL: urls.system,
      DATABASE_OWNER_URL: urls.owner,
      ACCI_MASTER_KEY: Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64'),
      ...env,
    };
  }

  async run(args: readonly string[], stdin = ''): Promise<Outcome> {
    const [stdout, stderr] = [new Text(), new Text()];
    const io = { env: this.env, stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr };
    // Jest can require ES modules, as nest-commander does with Nest's, only once they have been loaded.
    await import('@nestjs/core');
    const { runAcci } = await import('../run-acci.js');
    const code = await runAcci(args, { ...io, interrupt: new Interrupt() });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  /** What a command line prints as JSON; it must have been done. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) throw new Error(`acci ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }
}

class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
