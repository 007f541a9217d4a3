import { setTimeout as sleep } from 'node:timers/promises';
import { prepared, type Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import { beginBuild } from '../acts/build-acts.js';
import { ProjectionRunner } from '../async/projection-runner.js';
import type { BuildRef } from '../build/build-ref.js';
import type { Builds } from '../build/builds.js';
import { ProjectionRegistry, type RegisteredProjection } from '../projection-registry.js';
import { ProjectionRegistrationError } from '../projections.errors.js';
import type { RunnerSettings } from '../projections.options.js';
import { lockProjection } from '../shares.js';

/** What an inline projection is built with. */
export interface InlineTools {
  readonly database: Database;
  readonly store: EventStore;
  readonly builds: Builds;
  readonly settings: RunnerSettings;
  readonly logger: Logger;
}

const register = prepared(
  `insert into acci.projections (name, lifecycle) values ($1, 'inline') on conflict (name) do nothing`,
);

const selectStatus = prepared(
  'select status from acci.projection_builds where projection = $1 and build = $2',
);

const pollMs = 50;

/**
 * Sees to it that an inline projection serves in this program's version before this process appends anything. What is
 * missing is filled beside what serves, while other processes append; any number of processes may do that together.
 *
 * @throws {ProjectionRegistrationError} if a newer version serves.
 */
export async function buildInline(tools: InlineTools, projection: RegisteredProjection): Promise<void> {
  const { builds, database, logger, settings, store } = tools;
  const ref = await beginUnlessBuilt(tools, projection);
  if (!ref) return;
  logger.log(`Building ${projection.name} version ${projection.version}`);
  await builds.tablesOf(ref);
  // A short log needs no more than this.
  if (await builds.finish(ref)) return;
  const only = new ProjectionRegistry();
  only.adopt(projection);
  const runner = new ProjectionRunner(database, store, only, builds, settings);
  runner.start();
  try {
    while ((await statusOf(database, ref)) === 'filling') await sleep(pollMs);
  } finally {
    await runner.stop();
  }
}

/** The build to be filled; undefined if one serves. */
async function beginUnlessBuilt(
  { database, store, settings }: InlineTools,
  { name, version }: RegisteredProjection,
): Promise<BuildRef | undefined> {
  const goal = await store.head();
  return database.asSystem(`begin ${name} version ${version}`, async (tx) => {
    tx.execute(register, [name]);
    const { lifecycle, builds } = await lockProjection(tx, name);
    const serving = builds.filter(({ status }) => status === 'serving');
    const newest = Math.max(0, ...serving.map((build) => build.version));
    if (lifecycle === 'inline' && newest > version)
      throw new ProjectionRegistrationError(
        `${name} is at version ${newest}; this program has ${version} and would write its rows in the old way`,
      );
    if (lifecycle === 'inline' && newest === version) return undefined;
    const filling = builds.findLast((build) => build.status === 'filling' && build.version === version);
    const { shares } = settings;
    const build =
      filling?.build ?? (await beginBuild(tx, { projection: name, version, shares, tenants: 'all', goal }));
    return { projection: name, build, version, status: 'filling' };
  });
}

async function statusOf(database: Database, { projection, build }: BuildRef): Promise<unknown> {
  const [row] = await database.queryAsSystem('wait for a build', selectStatus, [projection, build]);
  return row?.['status'];
}
