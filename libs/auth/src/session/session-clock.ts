import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';

/** The time that sessions begin and end by: that of the process. */
@Injectable()
export class SessionClock {
  readonly now: () => Date;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) { clock = () => new Date() }: AuthModuleOptions) {
    this.now = clock;
  }
}
