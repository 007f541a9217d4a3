import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { DirectoryOptions } from '../mail.options.js';
import { type MailTransport, sealed } from './mail-transport.js';

/** Writes each mail into a file: `<time>-<random>.eml`, so that the latest comes last in a listing. */
export class DirectoryTransport implements MailTransport {
  private readonly directory: string;
  private readonly composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    ...sealed,
  });

  constructor({ directory }: DirectoryOptions) {
    this.directory = resolve(directory);
  }

  async deliver(message: SendMailOptions): Promise<void> {
    const { message: eml } = await this.composer.sendMail(message);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const time = new Date().toISOString().replaceAll(':', '-');
    const file = join(this.directory, `${time}-${randomUUID().slice(0, 8)}.eml`);
    // Whoever watches the directory sees whole mails only.
    await writeFile(`${file}.part`, eml as Buffer, { mode: 0o600 });
    await rename(`${file}.part`, file);
  }

  async check(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await access(this.directory, constants.W_OK);
  }

  close(): void {
    this.composer.close();
  }
}
