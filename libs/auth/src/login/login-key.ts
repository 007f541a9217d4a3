import { emailKey, userNameKey } from '../user/login-name.js';

/**
 * What somebody typed to say who they are, in one spelling; whether there is such a user does not matter.
 *
 * @example
 * loginKey(' Ada@Example.com'); // 'ada@example.com'
 */
export function loginKey(login: string): string {
  const typed = login.trim();
  return typed.includes('@') ? emailKey(typed) : userNameKey(typed);
}
