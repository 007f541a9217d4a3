const NON_BASE_UNIT = /_(milliseconds|ms|minutes|hours|days|kilobytes|megabytes|percent)(_|$)/;

/** The rules of `promtool check metrics` that a metric of ours could break, for machines without promtool. */
export function lintMetrics(text: string): string[] {
  const problems: string[] = [];
  const helped = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (!helped.has(name)) problems.push(`${name}: no help text`);
    if (!/^[a-z][a-z0-9_]*$/.test(name)) problems.push(`${name}: not in snake case`);
    if (NON_BASE_UNIT.test(name)) problems.push(`${name}: not in a base unit`);
    if (type === 'counter' && !name.endsWith('_total'))
      problems.push(`${name}: a counter must end in _total`);
    if (type !== 'counter' && name.endsWith('_total'))
      problems.push(`${name}: only a counter may end in _total`);
    if (/_(count|sum|bucket)$/.test(name)) problems.push(`${name}: ends like a part of a histogram`);
    if (/(^|_)(gauge|counter|histogram|summary)(_|$)/.test(name)) problems.push(`${name}: names a type`);
  }
  return problems;
}
