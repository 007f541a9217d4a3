import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type AnySchema } from 'ajv';
import formats from 'ajv-formats';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { parseDockerfile } from './dockerfile.ts';
import { rehearse } from './docker-rehearsal.ts';

/**
 * Checks what can be checked of docker/ where there is no engine: `npm run docker:check`. With `--rehearse` it also
 * runs the Dockerfile's own commands outside a container; that takes minutes.
 */
interface Compose {
  services: Record<string, { volumes?: string[]; environment?: Record<string, string> }>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const docker = join(root, 'docker');
const read = (file: string) => readFile(join(docker, file), 'utf8');

/** Each check answers with what is wrong. */
const checks: Record<string, () => Promise<string[]>> = {
  'Dockerfile: lint': async () =>
    validate(await read('Dockerfile')).map(
      ({ range, message }) =>
        `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
    ),

  'Dockerfile: pinned, not root, with a health check': async () => {
    const stages = parseDockerfile(await read('Dockerfile'));
    const last = stages.at(-1)?.instructions ?? [];
    const user = last.findLast(({ keyword }) => keyword === 'USER')?.argument;
    return [
      ...stages.filter(({ image }) => !/:.*\d/.test(image)).map(({ image }) => `${image} names no version`),
      ...(user === undefined || user === 'root' || user === '0' ? ['the process runs as root'] : []),
      ...(last.some(({ keyword }) => keyword === 'HEALTHCHECK') ? [] : ['no HEALTHCHECK']),
    ];
  },

  'compose.yaml: schema': async () => {
    // The specification names its meta-schema by an address that ajv doesn't know it under.
    const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
    formats.default(ajv);
    const schema = JSON.parse(await read('compose-spec.schema.json')) as AnySchema;
    const check = ajv.compile(schema);
    void check(parse(await read('compose.yaml'), { merge: true }));
    return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  },

  'compose.yaml: every variable is in .env.example, no secret has a value': async () => {
    const example = new Map(
      [...(await read('.env.example')).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    const text = await read('compose.yaml');
    const used = [...text.matchAll(/\$\{(\w+)|environment: ([A-Z_]+)$/gm)].map(([, a, b]) => a ?? b ?? '');
    const secret = /PASSWORD|KEY|SECRET|TOKEN/;
    return [
      ...used.filter((name) => !example.has(name)).map((name) => `${name} is missing from .env.example`),
      ...[...example]
        .filter(([name, value]) => secret.test(name) && value)
        .map(([name]) => `${name} has a value`),
      // An empty one only says that it is optional.
      ...[...text.matchAll(/\$\{(\w+):?-[^}]/g)]
        .filter(([, name = '']) => secret.test(name))
        .map(([, name]) => `${name} has a default`),
    ];
  },

  'compose.yaml: every mounted file is there': async () => {
    const { services } = parse(await read('compose.yaml'), { merge: true }) as Compose;
    const mounts = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((each) => each.split(':')[0] ?? ''),
    );
    return mounts.filter((path) => path.startsWith('.') && !existsSync(resolve(docker, path)));
  },

  'Grafana: the dashboards ask the provisioned data source': async () => {
    const { datasources } = parse(await read('grafana/provisioning/datasources/prometheus.yaml')) as {
      datasources: { uid: string }[];
    };
    const folder = join(docker, 'grafana/dashboards');
    const boards = (await readdir(folder)).map(async (file) => {
      const { panels } = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
        panels: { title: string; datasource: { uid: string }; targets: { expr: string }[] }[];
      };
      return panels
        .filter(({ datasource, targets }) => {
          const known = datasources.some(({ uid }) => uid === datasource.uid);
          return !known || targets.length === 0 || targets.some(({ expr }) => !expr);
        })
        .map(({ title }) => `${file}: ${title}`);
    });
    return (await Promise.all(boards)).flat();
  },

  'Prometheus: promtool check config': async () => {
    const { error, status, stdout, stderr } = spawnSync(
      'promtool',
      ['check', 'config', 'prometheus/prometheus.yml'],
      {
        cwd: docker,
        encoding: 'utf8',
      },
    );
    if (error) return [`${error.message}; it comes with Debian's package prometheus`];
    return status === 0 ? [] : [stdout + stderr];
  },

  ...(process.argv.includes('--rehearse') && {
    'Dockerfile: built and started outside a container': () =>
      rehearse(root).then(
        () => [],
        (error: unknown) => [String(error)],
      ),
  }),
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const problems = await check();
  if (problems.length > 0) failed += 1;
  console.log([`${problems.length > 0 ? 'FAILED' : 'ok    '} ${name}`, ...problems].join('\n         '));
}
console.log(`docker: ${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
