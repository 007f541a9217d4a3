import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { ForgetSubjectCommand } from './forget-subject.command.js';
import { VerifySubjectCommand } from './verify-subject.command.js';

@Command({
  ...words.subjects,
  subCommands: [ForgetSubjectCommand, VerifySubjectCommand],
})
export class SubjectsCommand extends CommandGroup {}
