import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { ExportEventsCommand } from './export-events.command.js';
import { ImportEventsCommand } from './import-events.command.js';
import { ReplayEventsCommand } from './replay-events.command.js';
import { ShowEventsCommand } from './show-events.command.js';
import { TailEventsCommand } from './tail-events.command.js';

@Command({
  ...words.events,
  subCommands: [
    TailEventsCommand,
    ShowEventsCommand,
    ReplayEventsCommand,
    ExportEventsCommand,
    ImportEventsCommand,
  ],
})
export class EventsCommand extends CommandGroup {}
