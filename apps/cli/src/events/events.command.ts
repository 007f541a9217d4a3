import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { ExportEventsCommand } from './export-events.command.js';
import { ImportEventsCommand } from './import-events.command.js';
import { ReplayEventsCommand } from './replay-events.command.js';
import { ShowEventsCommand } from './show-events.command.js';
import { TailEventsCommand } from './tail-events.command.js';

@Command({
  name: 'events',
  description: 'Look at the event log, hand events out again, move a tenant’s events.',
  subCommands: [
    TailEventsCommand,
    ShowEventsCommand,
    ReplayEventsCommand,
    ExportEventsCommand,
    ImportEventsCommand,
  ],
})
export class EventsCommand extends CommandGroup {}
