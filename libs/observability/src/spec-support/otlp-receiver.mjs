// A process of its own that takes OTLP/HTTP traces, as a collector does, and tells its parent what came.
import { createServer } from 'node:http';

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  process.send({
    path: request.url,
    headers: request.headers,
    body: JSON.parse(Buffer.concat(chunks).toString()),
  });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
}

const server = createServer((request, response) => void receive(request, response));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
