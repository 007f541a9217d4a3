import { pipeline, type Readable } from 'node:stream';
import type { DomainError } from '@acci/event-store';
import { parse } from 'csv-parse';
import { ImportedLineTooLong, ImportedLineUnreadable, TooManyImportedLines } from './tenant-import.errors.js';

/** A line of an import: a value to be checked, or why it could not even be read. */
export type ImportLine =
  | { readonly line: number; readonly value: unknown; readonly error?: undefined }
  | { readonly line: number; readonly value?: undefined; readonly error: DomainError };

/** How a body is written. */
export type ImportFormat = 'csv' | 'ndjson';

const maxLines = 10_000;
const maxLineBytes = 65_536;

/**
 * Reads tenants from a body while it arrives; what has been read is not kept. A line that cannot be read is
 * reported and skipped; after 10,000 lines it stops.
 */
export async function* readImportLines(body: Readable, format: ImportFormat): AsyncGenerator<ImportLine> {
  let count = 0;
  for await (const line of format === 'csv' ? csvLines(body) : ndjsonLines(body)) {
    count += 1;
    if (count > maxLines) {
      yield { line: line.line, error: new TooManyImportedLines(maxLines) };
      return;
    }
    yield line;
  }
}

async function* csvLines(body: Readable): AsyncGenerator<ImportLine> {
  const skipped: ImportLine[] = [];
  const parser = parse({
    bom: true,
    columns: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    max_record_size: maxLineBytes,
    skip_records_with_error: true,
    on_skip: (error) => {
      skipped.push(unreadable(Number(error?.lines ?? 0), error));
    },
  });
  // Unlike pipe, it ends the parser when the connection breaks; the error then comes out of the loop.
  pipeline(body, parser, () => {});
  for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
    yield* skipped.splice(0);
    yield { line: info.lines, value: fromCsv(record) };
  }
  yield* skipped.splice(0);
}

interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/** A column `settings.locale` is a setting; an empty cell is none at all. */
function fromCsv(record: Record<string, string>): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const settings: Record<string, string> = {};
  for (const [column, cell] of Object.entries(record)) {
    if (cell === '') continue;
    if (column.startsWith('settings.')) settings[column.slice('settings.'.length)] = cell;
    else value[column] = cell;
  }
  return Object.keys(settings).length > 0 ? { ...value, settings } : value;
}

async function* ndjsonLines(body: Readable): AsyncGenerator<ImportLine> {
  let line = 0;
  for await (const text of textLines(body)) {
    line += 1;
    if (text === undefined) yield { line, error: new ImportedLineTooLong(maxLineBytes) };
    // Programs of Windows begin a file with a mark of its byte order.
    else if (text.trim() !== '') yield parseJson(line, line === 1 ? text.replace(/^\ufeff/, '') : text);
  }
}

function parseJson(line: number, text: string): ImportLine {
  try {
    return { line, value: JSON.parse(text) };
  } catch (error) {
    return unreadable(line, error);
  }
}

function unreadable(line: number, cause: unknown): ImportLine {
  return { line, error: new ImportedLineUnreadable({ cause }) };
}

/** The lines of a stream; undefined for one that is too long, of which no more than that is ever held. */
async function* textLines(body: Readable): AsyncGenerator<string | undefined> {
  const newline = 0x0a;
  let held: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    size += part.length;
    if (size <= maxLineBytes) held.push(part);
  };
  const finish = (): string | undefined => {
    const text = size <= maxLineBytes ? Buffer.concat(held).toString() : undefined;
    held = [];
    size = 0;
    return text;
  };
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (size > 0) yield finish();
}
