import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { ListProjectionsCommand } from './list-projections.command.js';
import {
  AbortProjectionCommand,
  PauseProjectionCommand,
  ResumeProjectionCommand,
  RetryProjectionCommand,
  SkipProjectionCommand,
} from './projection-acts.command.js';
import { RebuildProjectionCommand } from './rebuild-projection.command.js';

@Command({
  name: 'projections',
  description: 'See how far projections are, rebuild and repair them.',
  subCommands: [
    ListProjectionsCommand,
    RebuildProjectionCommand,
    AbortProjectionCommand,
    PauseProjectionCommand,
    ResumeProjectionCommand,
    RetryProjectionCommand,
    SkipProjectionCommand,
  ],
})
export class ProjectionsCommand extends CommandGroup {}
