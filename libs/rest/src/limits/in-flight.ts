import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOfStatus } from '../problems/to-failure.js';
import { sendRawProblem } from '../problems/send-problem.js';
import { stateOf } from '../request/request-state.js';

const SWEEP_MS = 250;

/**
 * The requests being worked on: what a shutdown waits for, and what is given up when its time is over. One timer
 * looks after all of them, rather than one each.
 */
export class InFlight {
  readonly #responses = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;
  draining = false;

  constructor(private readonly timeoutMs: number) {}

  enter(request: IncomingMessage, response: ServerResponse): void {
    this.#responses.add(response);
    response.once('close', () => this.#leave(response));
    if (this.draining) response.setHeader('Connection', 'close');
    if (this.timeoutMs === 0) return;
    stateOf(request).deadline = performance.now() + this.timeoutMs;
    this.#timer ??= setInterval(() => this.#sweep(), Math.min(SWEEP_MS, this.timeoutMs)).unref();
  }

  /** Takes no new connection, lets what is in flight finish, and cuts off what has not by the deadline. */
  async drain(server: Server, deadlineMs: number): Promise<void> {
    this.draining = true;
    if (server.listening) server.close();
    for (const response of this.#responses) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
      // A live stream never finishes: its client reconnects, to another process.
      else if (String(response.getHeader('content-type')).startsWith('text/event-stream')) response.end();
    }
    server.closeIdleConnections();
    if (this.#responses.size > 0) {
      const done = new Promise<void>((resolve) => (this.#drained = resolve));
      await Promise.race([done, sleep(deadlineMs, undefined, { ref: false })]);
    }
    clearInterval(this.#timer);
    server.closeAllConnections();
  }

  /** Whether a connection carries a streamed body, which may take its time. */
  isStreaming(socket: Socket): boolean {
    return [...this.#responses].some((one) => one.req.socket === socket && stateOf(one.req).streamed);
  }

  #leave(response: ServerResponse): void {
    this.#responses.delete(response);
    if (this.#responses.size === 0) this.#drained?.();
  }

  #sweep(): void {
    const now = performance.now();
    for (const response of this.#responses) {
      const { deadline, streamed } = stateOf(response.req);
      if (response.headersSent || streamed || deadline > now) continue;
      response.setHeader('Connection', 'close');
      sendRawProblem(response, response.req, {
        ...failureOfStatus(504),
        status: 503,
        retryAfter: Math.ceil(this.timeoutMs / 1000),
      });
    }
  }
}
