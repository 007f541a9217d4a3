import type { RouteRateLimit } from '@acci/rest';

/** For requests that have a mail sent, or tell nobody whether they do. Each user gets one a minute at most besides. */
export const mailLimit: RouteRateLimit = { name: 'account-mails', limit: 60, windowSeconds: 3_600 };

/** For whoever shows a token from a mail; all who were invited may sit in one office. No limit helps to guess one. */
export const tokenLimit: RouteRateLimit = { name: 'account-tokens', limit: 300, windowSeconds: 600 };
