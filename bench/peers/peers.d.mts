/** Another event store, ready to append one event to a new stream. */
export interface Peer {
  readonly name: string;
  readonly append: (id: string, data: object) => Promise<unknown>;
}

export function openPeers(
  connectionString: string,
  connections: number,
): Promise<{ readonly peers: readonly Peer[]; close(): Promise<unknown> }>;
