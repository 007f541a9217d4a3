import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { ListProjectionsCommand } from './list-projections.command.js';
import {
  AbortProjectionCommand,
  PauseProjectionCommand,
  ResumeProjectionCommand,
  RetryProjectionCommand,
  SkipProjectionCommand,
  SwitchProjectionOffCommand,
} from './projection-acts.command.js';
import { RebuildProjectionCommand } from './rebuild-projection.command.js';
import { RunProjectionToCommand } from './run-projection-to.command.js';
import { ShowProjectionCommand } from './show-projection.command.js';
import { SwitchProjectionOnCommand } from './switch-projection-on.command.js';

@Command({
  ...words.projections,
  subCommands: [
    ListProjectionsCommand,
    ShowProjectionCommand,
    RebuildProjectionCommand,
    AbortProjectionCommand,
    PauseProjectionCommand,
    ResumeProjectionCommand,
    RetryProjectionCommand,
    SkipProjectionCommand,
    RunProjectionToCommand,
    SwitchProjectionOffCommand,
    SwitchProjectionOnCommand,
  ],
})
export class ProjectionsCommand extends CommandGroup {}
