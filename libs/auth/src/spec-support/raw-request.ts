import { connect } from 'node:net';

/**
 * Sends a GET with exactly these header lines, which no well-behaved client would send, and returns status and head.
 */
export function rawGet(
  port: number,
  path: string,
  lines: readonly string[],
): Promise<{ status: number; head: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines, '', ''].join('\r\n'),
        'latin1',
      );
    });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    // A server that refuses what it has not read to the end may reset the connection after its answer.
    socket.on('error', (error) => (answer === '' ? reject(error) : undefined));
    socket.on('close', () => {
      const [head = ''] = answer.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1]), head });
    });
  });
}
