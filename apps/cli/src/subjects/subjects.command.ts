import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { ForgetSubjectCommand } from './forget-subject.command.js';
import { VerifySubjectCommand } from './verify-subject.command.js';

@Command({
  name: 'subjects',
  description: 'Forget persons, and prove it.',
  subCommands: [ForgetSubjectCommand, VerifySubjectCommand],
})
export class SubjectsCommand extends CommandGroup {}
