import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '../problems/send-problem.js';
import { failureOfStatus } from '../problems/to-failure.js';

const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers what Node could not read as a request: no framework ever hears of it.
 *
 * @param isStreaming whether a connection carries a body that may take longer to arrive than others
 */
export function answerConnectionErrors(server: Server, isStreaming: (socket: Socket) => boolean): void {
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Node's time for a whole request is the server's, not the route's; it says so once, and leaves the rest to us.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isStreaming(socket)) {
      // It may take as long as it needs, but not stand still.
      socket.setTimeout(server.requestTimeout);
      return;
    }
    if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
      socket.destroy();
      return;
    }
    const { status, code, detail } = failureOfStatus(STATUS_OF_ERROR[error.code ?? ''] ?? 400);
    const title = STATUS_CODES[status] ?? 'Error';
    const correlationId = randomUUID();
    const body = JSON.stringify({
      type: `urn:acci:problem:${code}`,
      title,
      status,
      detail,
      code,
      correlationId,
    });
    socket.end(
      `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
        `X-Correlation-Id: ${correlationId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
