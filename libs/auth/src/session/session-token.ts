import { SecretText } from '../secret-text/secret-text.js';

/** The texts of sessions' tokens: 256 random bits, and in the open which session of which tenant they claim to be. */
export const sessionTokens = new SecretText('accisession');

/** True for a text that means to be a session's token, be it a good one or not. */
export function looksLikeSessionToken(text: string): boolean {
  return text.startsWith('accisession_');
}
