import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { RotateKeysCommand } from './rotate-keys.command.js';

@Command({
  name: 'keys',
  description: 'Rotate the keys that personal data is under.',
  subCommands: [RotateKeysCommand],
})
export class KeysCommand extends CommandGroup {}
