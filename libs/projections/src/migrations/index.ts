import { CreateProjections1700300000001 } from './1700300000001-create-projections.js';
import { DivideProjections1700300000002 } from './1700300000002-divide-projections.js';
import { LocateBuilds1700300000003 } from './1700300000003-locate-builds.js';
import { CreateReactions1700300000004 } from './1700300000004-create-reactions.js';
import { ChooseTenants1700300000005 } from './1700300000005-choose-tenants.js';
import { LetBatchesEnd1700300000006 } from './1700300000006-let-batches-end.js';

/** The migrations of this library, oldest first. They need those of `@acci/event-store` before them. */
export const projectionsMigrations = [
  CreateProjections1700300000001,
  DivideProjections1700300000002,
  LocateBuilds1700300000003,
  CreateReactions1700300000004,
  ChooseTenants1700300000005,
  LetBatchesEnd1700300000006,
];
