import type { EventRegistry } from '../event/event-registry.js';
import { replacePersonalData } from '../personal-data/replace-personal-data.js';
import type { RecordedRow } from '../store/rows.js';

/** Rows as they are stored, but for their personal fields: those are replaced as if everybody had been forgotten. */
export function forgetEverybody(
  registry: EventRegistry,
  rows: readonly RecordedRow[],
): readonly RecordedRow[] {
  return rows.map((row) => {
    const definition = registry.find(row.type, row.schema_version)?.definition;
    if (!definition?.personal.length) return row;
    return { ...row, data: replacePersonalData({ streamId: row.stream_id, definition, data: row.data }) };
  });
}
