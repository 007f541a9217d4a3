import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import { parse } from 'yaml';
import { ADAPTERS, Sample } from './spec-support/sample-app.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

describe.each(ADAPTERS)('OpenAPI on %s', (adapter) => {
  let sample: Sample;
  let document: OpenAPIObject;

  beforeAll(async () => {
    sample = await Sample.start(adapter);
    document = (await (await fetch(`${sample.url}/openapi/v1.json`)).json()) as OpenAPIObject;
  });
  afterAll(() => sample.app.close());

  it('is served as JSON and as YAML', async () => {
    const yaml = await fetch(`${sample.url}/openapi/v1.yaml`);
    expect(yaml.headers.get('content-type')).toContain('application/yaml');
    expect(parse(await yaml.text())).toEqual(document);
  });

  it('writes out what holds by convention', () => {
    const create = document.paths['/v1/things']?.post;
    expect(create?.operationId).toBe('thingCreate');
    expect(create?.parameters).toContainEqual({ $ref: '#/components/parameters/Idempotency-Key' });
    expect(Object.keys(create?.responses ?? {})).toEqual([
      '201',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(create?.description).toContain('sample.things.create');
    expect(create?.responses['409']).toMatchObject({
      description: expect.stringContaining('sample.thing.exists'),
    });
    expect(document.paths['/v1/things']?.get?.parameters).toContainEqual({
      $ref: '#/components/parameters/Min-Event-Position',
    });
    expect(document.paths['/v1/fail/{how}']?.get?.security).toEqual([]);
    expect(document.paths['/v1/things/{id}']?.patch?.parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', in: 'header' }),
    );
  });

  it('names the schemas that have an id', () => {
    // A default makes a member optional on the way in and certain on the way out: two components.
    expect(Object.keys(document.components?.schemas ?? {}).sort()).toEqual([
      'CreateThing',
      'Problem',
      'Thing',
      'ThingPage',
      'ThingSettings',
      'ThingSettingsInput',
    ]);
  });

  it('has a Swagger UI that its own policy allows', async () => {
    const page = await fetch(`${sample.url}/docs`);
    const html = await page.text();
    expect(html).toContain('swagger-ui-init.js');
    expect(html).not.toMatch(/<script>(?!\s*<\/script>)/);
    const script = await fetch(`${sample.url}/docs/swagger-ui-init.js`);
    expect(await script.text()).toContain('persistAuthorization');
    expect((await fetch(`${sample.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
  });
});

describe('the OpenAPI document', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'acci-openapi-'));
    file = join(folder, 'v1.json');
    const sample = await Sample.start('fastify');
    await writeFile(file, await (await fetch(`${sample.url}/openapi/v1.json`)).text());
    await sample.app.close();
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('passes redocly lint', async () => {
    const cli = join(dirname(require.resolve('@redocly/cli/package.json')), 'bin/cli.js');
    const env = {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      NODE_OPTIONS: '',
    };
    const { stdout, stderr } = await run(process.execPath, [cli, 'lint', file, '--format', 'stylish'], {
      env,
    }).catch((error: { stdout: string; stderr: string }) => error);
    expect(`${stdout}${stderr}`).toContain('Your API description is valid');
    expect(`${stdout}${stderr}`).not.toMatch(/warning|error/i);
  }, 120_000);

  it("passes spectral's OAS rules", async () => {
    const cli = join(dirname(require.resolve('@stoplight/spectral-cli/package.json')), 'dist/index.js');
    const rules = join(folder, 'rules.json');
    await writeFile(rules, JSON.stringify({ extends: ['spectral:oas'] }));
    const { stdout } = await run(process.execPath, [cli, 'lint', file, '--ruleset', rules], {
      env: { ...process.env, NODE_OPTIONS: '' },
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toContain('No results with a severity of');
  }, 120_000);
});
