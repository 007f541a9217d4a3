import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { DiscardDeadLettersCommand, RetryDeadLettersCommand } from './dead-letter-acts.command.js';
import { ListDeadLettersCommand } from './list-dead-letters.command.js';

@Command({
  ...words['dead-letters'],
  subCommands: [ListDeadLettersCommand, RetryDeadLettersCommand, DiscardDeadLettersCommand],
})
export class DeadLettersCommand extends CommandGroup {}
