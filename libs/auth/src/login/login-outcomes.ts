import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';

/** How an attempt to log in ended. */
export type LoginOutcome = 'succeeded' | 'failed' | 'throttled' | 'overloaded';

/** What is published of each attempt on the diagnostics channel `acci:login`. Nothing in it is personal. */
export interface LoginReport {
  readonly outcome: LoginOutcome;
  /** Undefined if there is no such tenant. */
  readonly tenantId: string | undefined;
  /** Undefined if there is no such user. */
  readonly userId: string | undefined;
  readonly correlationId: string;
}

const reports = channel('acci:login');
const logger = new Logger('Login');

/**
 * Tells metrics how an attempt ended, and the log of those that failed; those that were only turned away could fill it.
 * What somebody typed as their name is in neither: it may be a password.
 */
export function reportLogin(report: LoginReport): void {
  if (reports.hasSubscribers) reports.publish(report);
  if (report.outcome === 'failed') logger.warn({ msg: 'A login failed', ...report });
}
