import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linesOf } from './lines-of.js';

const algorithm = 'aes-256-ctr';
const bytesAtOnce = 256 * 1024;

/**
 * Lines kept on disk between their verification and their use, so that any number of them takes little memory. The
 * file has no name once it is open, and is encrypted under a key that only this process ever has: whatever becomes
 * of the process, nothing readable is left behind.
 */
export class Spool {
  private readonly key = randomBytes(32);
  private readonly iv = randomBytes(16);
  private readonly cipher = createCipheriv(algorithm, this.key, this.iv);
  private held: string[] = [];
  private size = 0;

  private constructor(private readonly file: FileHandle) {}

  /** @param directory where; the system's directory for temporary files unless given. */
  static async open(directory = tmpdir()): Promise<Spool> {
    const path = join(directory, `acci-import-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(file);
  }

  /** Adds a line, which holds no newline. */
  async write(line: string): Promise<void> {
    this.held.push(line);
    this.size += line.length;
    if (this.size >= bytesAtOnce) await this.flush();
  }

  /** Reads all lines from the first on; as often as wanted, once everything is written. */
  async *lines(): AsyncGenerator<string> {
    await this.flush();
    const decipher = createDecipheriv(algorithm, this.key, this.iv);
    const stored = this.file.createReadStream({ start: 0, autoClose: false, highWaterMark: bytesAtOnce });
    const plain = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of stored as AsyncIterable<Buffer>) yield decipher.update(chunk);
    };
    for await (const line of linesOf(plain())) yield line.toString();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async flush(): Promise<void> {
    if (this.held.length === 0) return;
    const text = `${this.held.join('\n')}\n`;
    this.held = [];
    this.size = 0;
    await this.file.appendFile(this.cipher.update(text, 'utf8'));
  }
}
