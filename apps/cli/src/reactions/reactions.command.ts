import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { ListReactionsCommand } from './list-reactions.command.js';
import { ReplayReactionCommand } from './replay-reaction.command.js';

@Command({ ...words.reactions, subCommands: [ListReactionsCommand, ReplayReactionCommand] })
export class ReactionsCommand extends CommandGroup {}
