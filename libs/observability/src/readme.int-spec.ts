import { readFile } from 'node:fs/promises';
import { start } from './spec-support/readme-example.js';

describe('the example of the README', () => {
  it('is the one that is compiled here', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = await readFile(new URL('./spec-support/readme-example.ts', import.meta.url), 'utf8');
    expect(/```ts\n([^]*?)```/.exec(readme)?.[1]).toBe(example);
  });

  it('runs', async () => {
    const app = await start(0);
    const url = await app.getUrl();
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('orders_queue_jobs 3');
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      info: { queue: { waiting: 3 } },
    });
    await app.close();
  });
});
