import { createReadStream, promises as fs } from 'node:fs';
import type { Readable } from 'node:stream';
import { DomainError } from '@acci/event-store';

/** A file that was named is not there, or cannot be read. */
export class InputNotFound extends DomainError {
  readonly code = 'cli.file.not_found';
  readonly kind = 'not_found';

  constructor(path: string, options: ErrorOptions) {
    super(`${path} cannot be read`, options);
  }
}

/** What is read in. */
export interface Input {
  readonly stream: Readable;
  /** How many bytes there are; undefined for a pipe. */
  readonly bytes: number | undefined;
  /** How many have been read. */
  read(): number;
}

/**
 * A file, or stdin for `-`.
 *
 * @throws {InputNotFound}
 */
export async function openInput(path: string, stdin: Readable): Promise<Input> {
  if (path === '-') return { stream: stdin, bytes: undefined, read: () => 0 };
  try {
    const file = await fs.open(path);
    const { size } = await file.stat();
    const stream = createReadStream('', { fd: file });
    return { stream, bytes: size, read: () => stream.bytesRead };
  } catch (cause) {
    throw new InputNotFound(path, { cause });
  }
}
