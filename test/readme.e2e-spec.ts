import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { ApiUnderTest } from './setup/api-under-test.js';

/** A command block of the README's tour, and the answer printed under it. */
interface Step {
  readonly script: string;
  readonly answer: unknown;
}

function stepsOf(readme: string): Step[] {
  const tour = readme.split('<!-- tour -->')[1]?.split('<!-- /tour -->')[0] ?? '';
  const blocks = [...tour.matchAll(/```sh\n([^]*?)```\n\n```json\n([^]*?)```/g)];
  return blocks.map(([, script = '', answer = '']) => ({ script, answer: JSON.parse(answer) as unknown }));
}

/** As it stands in the README, with what differs from run to run replaced by its shape. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => [key, shapeOf(member)]);
    return expect.objectContaining(Object.fromEntries(members));
  }
  return typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)
    ? expect.stringMatching(/^[0-9a-f-]{36}$/)
    : value;
}

describe('the tour of the README', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
  });
  afterAll(() => api.close());

  it('answers every line as printed', async () => {
    const steps = stepsOf(await readFile('README.md', 'utf8'));
    expect(steps.length).toBeGreaterThan(7);
    // One shell for the whole tour: later lines use what earlier ones set. A mark ends each step's output.
    const mark = '=== end of step ===';
    const script = steps.map((step) => `${step.script}\nprintf '\\n${mark}\\n'`).join('\n');
    const here = script.replaceAll('http://localhost:3000', api.url).replaceAll('.acci', api.dataDir);
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', here], {
      env: { PATH: process.env['PATH'], ACCI_KEY: api.operatorKey },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(shell, 'close')) as [number];
    expect(code).toBe(0);
    const answers = output.split(`\n${mark}\n`).slice(0, -1);
    expect(answers.map((text) => JSON.parse(text) as unknown)).toEqual(
      steps.map(({ answer }) => shapeOf(answer)),
    );
  });
});
