import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '../problems/send-problem.js';
import { failureOfStatus } from '../problems/to-failure.js';
import { randomUUID } from 'node:crypto';

const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what Node could not read as a request: no framework ever hears of it. */
export function answerConnectionErrors(server: Server): void {
  server.removeAllListeners('clientError');
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
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
