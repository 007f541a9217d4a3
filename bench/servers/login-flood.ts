import autocannon from 'autocannon';
import { uuidv7 } from '@acci/database';

// Tries passwords at the server that the first argument names, for as many seconds as the second says. More at a time than
// find a place in the queue, and far more than can be checked: 33 a second on a core.
const [url = '', seconds = ''] = process.argv.slice(2);
const attackers = 128;
const attemptsPerSecond = 500;

function anAddress(): string {
  return Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 250)).join('.');
}

const { statusCodeStats } = await autocannon({
  url: `${url}/v1/auth/login`,
  method: 'POST',
  connections: attackers,
  overallRate: attemptsPerSecond,
  duration: Number(seconds),
  // Each attempt is for somebody else, so that none is turned away for its account before a password is checked.
  setupClient: (client) => {
    const next = () => {
      const [login, address] = [`${uuidv7()}@example.com`, anAddress()];
      client.setHeadersAndBody(
        { 'content-type': 'application/json', 'x-forwarded-for': address },
        JSON.stringify({ tenant: 'platform', login, password: 'nine plum trees in a row' }),
      );
    };
    next();
    client.on('response', next);
  },
});
console.log(JSON.stringify(statusCodeStats));
