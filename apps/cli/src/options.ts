import { Option } from 'nest-commander';
import { oneOf } from './exit-codes.js';

/** An option that a command takes; what is parsed comes to it under the long flag's name in camel case. */
export interface TakenOption {
  readonly flags: string;
  readonly description: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly defaultValue?: string | number;
  /** What is made of the text. Default: the text itself. */
  readonly parse?: (text: string, before?: never) => unknown;
}

/**
 * Declares the options that a command takes beside those of the classes that it extends. What several commands take is
 * declared once, as a constant.
 *
 * @example
 * @SubCommand({ name: 'tail', description: 'Show the last events.' })
 * @Takes(ofTenant, flag('--raw', 'as they are stored'))
 * export class TailEventsCommand extends AcciCommand<TailOptions> { … }
 */
export function Takes(
  ...options: readonly TakenOption[]
): (target: abstract new (...args: never[]) => object) => void {
  return ({ prototype }) => {
    for (const { parse = (text: string) => text, choices = [], ...option } of options) {
      // The commander looks for methods, and each bears its own option.
      const value = (text: string, before?: never) => parse(text, before);
      const descriptor = { value, configurable: true, writable: true };
      const name = nameOf(option.flags);
      Option({ ...option, choices: [...choices] })(prototype as object, name, descriptor);
      Object.defineProperty(prototype, name, descriptor);
    }
  };
}

/** An option without a value. `--no-wait` makes `wait` false. */
export function flag(flags: string, description: string): TakenOption {
  return { flags, description, parse: () => !flags.startsWith('--no-') };
}

/** An option that takes one of some words. */
export function choice(flags: string, description: string, choices: readonly string[]): TakenOption {
  return { flags, description, choices, parse: (text) => oneOf(choices, text) };
}

/** Names a tenant: id, slug or `platform`. {@link TenantLookup} finds it. */
export function tenantOption(description: string, options: Pick<TakenOption, 'required'> = {}): TakenOption {
  return { flags: '--tenant <tenant>', description: `${description}: id, slug or platform`, ...options };
}

/** The method is named after the flag, so that classes may share names with nothing else. */
function nameOf(flags: string): string {
  const [, long = flags] = /--([a-z-]+)/.exec(flags) ?? [];
  return `--${long}`;
}
