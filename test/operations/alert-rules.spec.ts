import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const docker = join(import.meta.dirname, '../../docker/prometheus');

/** Prometheus' own tool; Debian has it in the package `prometheus`. */
function promtool(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { cwd: docker, encoding: 'utf8' });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

// A laptop without promtool may go without these; a build server that lacks it has not checked what it says it has.
const installed = spawnSync('promtool', ['--version']).error === undefined;
const describeRules = installed || process.env['CI'] ? describe : describe.skip;

describeRules('the alert rules', () => {
  it('are what Prometheus reads', () => {
    expect(promtool('check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 });
  });

  it('fire when they should, name what they are about, and keep still otherwise', () => {
    const { status, output } = promtool('test', 'rules', 'alerts.test.yml');
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') as string });
  });
});
