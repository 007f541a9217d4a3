import { CreateEvents1700200000001 } from './1700200000001-create-events.js';
import { CreateSnapshotsAndArchive1700200000002 } from './1700200000002-create-snapshots-and-archive.js';
import { CreateTagsAndHandledCommands1700200000003 } from './1700200000003-create-tags-and-handled-commands.js';
import { CreatePersonalData1700200000004 } from './1700200000004-create-personal-data.js';
import { EpochsByTimeline1700200000005 } from './1700200000005-epochs-by-timeline.js';
import { CreateShareOf1700200000006 } from './1700200000006-create-share-of.js';

/** The migrations of this library, oldest first. They need those of `@acci/database` before them. */
export const eventStoreMigrations = [
  CreateEvents1700200000001,
  CreateSnapshotsAndArchive1700200000002,
  CreateTagsAndHandledCommands1700200000003,
  CreatePersonalData1700200000004,
  EpochsByTimeline1700200000005,
  CreateShareOf1700200000006,
];
