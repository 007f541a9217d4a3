const CENSORED = '[redacted]';

// A key is normalised (lower case, no `-` and `_`) before it is compared, so `apiKey`, `api_key` and `API-Key` are one.
const SECRET =
  /password|passwd|passphrase|secret|token|authorization|cookie|apikey|credential|privatekey|masterkey|operatorkey/;
const PERSONAL = [
  'email',
  'mail',
  'phone',
  'phonenumber',
  'mobile',
  'firstname',
  'lastname',
  'fullname',
  'birthdate',
  'dateofbirth',
  'address',
  'street',
  'iban',
  'ssn',
  'ip',
  'ipaddress',
  // Bodies are personal data until proved otherwise; idempotency keeps whole ones.
  'body',
  'requestbody',
  'responsebody',
  'parameters',
];

// What no key gives away: a bearer or basic credential, an API key of ours (all but its beginning, by which it is
// recognised), the user part of a URL, an e-mail address. Each reads a line once, however long and whatever it holds.
const CREDENTIALS_IN_TEXT = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi;
const USER_IN_URL = /(\w:\/\/)[^/\s:@"]*:[^/\s@"]+@/g;
const API_KEY_IN_TEXT = /\b(acci_[0-9a-z]{22})_[0-9a-z]{22}_[0-9a-z]{43}_[0-9a-z]{6}\b/gi;
const EMAIL_IN_TEXT = /(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b/gi;

// Deeper than this an object is a graph (a request, a connection), not something to log.
const MAX_DEPTH = 6;

/**
 * Makes the function that takes secrets and personal data out of what is logged, by the name of the key and at any
 * depth. pino's own `redact` needs every path spelled out and reaches one wildcard deep. Errors are reduced to a few
 * known members: drivers hang rows and parameters on them.
 *
 * @example
 * const redact = redactor(['matriculationNumber']);
 * redact({ user: { email: 'ada@example.org' } }); // { user: { email: '[redacted]' } }
 */
export function redactor(
  extraKeys: readonly string[] = [],
): (fields: Record<string, unknown>) => Record<string, unknown> {
  const named = new Set([...PERSONAL, ...extraKeys.map(normalise)]);
  const verdicts = new Map<string, boolean>();

  function isSensitive(key: string): boolean {
    let verdict = verdicts.get(key);
    if (verdict === undefined) {
      const name = normalise(key);
      verdict = SECRET.test(name) || named.has(name);
      // Keys are few; a logged map keyed by user input must not grow this for ever.
      if (verdicts.size < 1_000) verdicts.set(key, verdict);
    }
    return verdict;
  }

  function clean(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return '[deep]';
    if (value instanceof Error) return cleanError(value, depth);
    if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      const json: unknown = value.toJSON();
      return typeof json === 'object' ? clean(json, depth + 1) : value;
    }
    return cleanFields(value as Record<string, unknown>, depth);
  }

  function cleanFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
    const cleaned: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      cleaned[key] = isSensitive(key) ? CENSORED : clean(value, depth + 1);
    }
    return cleaned;
  }

  function cleanError(error: Error, depth: number): Record<string, unknown> {
    const { code, kind } = error as { code?: unknown; kind?: unknown };
    return {
      type: error.name,
      message: error.message,
      stack: error.stack,
      ...(code === undefined ? undefined : { code }),
      ...(kind === undefined ? undefined : { kind }),
      ...(error.cause === undefined ? undefined : { cause: clean(error.cause, depth + 1) }),
    };
  }

  return (fields) => cleanFields(fields, 0);
}

/**
 * Takes credentials and e-mail addresses out of a finished line, where they hide in messages and stack traces.
 *
 * @example
 * redactText('refused Bearer abcdefgh1234'); // 'refused Bearer [redacted]'
 */
export function redactText(line: string): string {
  return line
    .replace(CREDENTIALS_IN_TEXT, `$1 ${CENSORED}`)
    .replace(API_KEY_IN_TEXT, `$1_${CENSORED}`)
    .replace(USER_IN_URL, `$1${CENSORED}@`)
    .replace(EMAIL_IN_TEXT, CENSORED);
}

function normalise(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}
