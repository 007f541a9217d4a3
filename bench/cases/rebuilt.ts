import { readTable, Projection, type ProjectedEvent, type ProjectionTransaction } from '@acci/projections';
import { NoteTaken, type NoteEvent } from './append.ts';

/** The read model that is rebuilt by one worker and by two. */
export const rebuiltTable = readTable('bench.rebuilt', {
  version: 1,
  columns: { id: 'text', words: 'int' },
  key: ['id'],
});
export const rebuiltName = 'bench.rebuilt';

export class Rebuilt {
  handle({ streamId, data }: ProjectedEvent<NoteEvent>, tx: ProjectionTransaction): void {
    tx.put(rebuiltTable, { id: streamId, words: data.words });
  }
}
Projection({
  name: rebuiltName,
  version: 1,
  lifecycle: 'async',
  events: [NoteTaken],
  tables: [rebuiltTable],
})(Rebuilt);
