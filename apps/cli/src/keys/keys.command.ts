import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { RotateKeysCommand } from './rotate-keys.command.js';

@Command({
  ...words.keys,
  subCommands: [RotateKeysCommand],
})
export class KeysCommand extends CommandGroup {}
