/** Another event store, ready to append one event to a new stream. */
export interface Peer {
  readonly name: string;
  readonly append: (id: string, data: object) => Promise<unknown>;
}

/** One that also has projections: appends so many events, then counts how many a second it projects into rows. */
export interface CatchingUpPeer extends Peer {
  readonly catchUp: (events: number) => Promise<number>;
}

export function openPeers(
  connectionString: string,
  connections: number,
): Promise<{ readonly peers: readonly [CatchingUpPeer, ...Peer[]]; close(): Promise<unknown> }>;
