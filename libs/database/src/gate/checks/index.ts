import type { IsolationCheck } from './check.js';
import { codeChecks } from './code.js';
import { grantChecks } from './grants.js';
import { keyChecks } from './keys.js';
import { policyChecks } from './policies.js';
import { roleChecks } from './roles.js';
import { tableChecks } from './tables.js';

/** Every check of the isolation gate. */
export const isolationChecks: readonly IsolationCheck[] = [
  ...tableChecks,
  ...policyChecks,
  ...keyChecks,
  ...codeChecks,
  ...roleChecks,
  ...grantChecks,
];
