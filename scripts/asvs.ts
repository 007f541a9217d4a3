import { readFile, writeFile } from 'node:fs/promises';

/** What is known about one requirement of the standard. */
export type AsvsRequirement = {
  /** The standard's own number, such as `V1.2.4`. */
  readonly id: string;
  readonly level: 1 | 2;
  /** What it asks for, in words of ours. */
  readonly text: string;
  readonly note?: string;
} & (
  | {
      readonly status: 'met';
      /** The tests that show it, as `path#name`. */
      readonly tests?: readonly string[];
      /** Where it is written down, if it asks for that: `path#heading`. */
      readonly pages?: readonly string[];
    }
  | {
      readonly status: 'planned';
      /** One of the file's topics. */
      readonly topic: string;
    }
  | { readonly status: 'not_applicable'; readonly reason: string }
);

/** `docs/security/asvs.json`. */
export interface Asvs {
  readonly source: string;
  readonly license: string;
  readonly chapters: Readonly<Record<string, string>>;
  readonly topics: Readonly<Record<string, string>>;
  readonly requirements: readonly AsvsRequirement[];
}

/** Something that was tried, and the tests that try it. */
export interface Attack {
  readonly attack: string;
  readonly tests: readonly string[];
}

const attacks = new URL('../docs/security/attacks.json', import.meta.url);
const attacksMarkdown = new URL('../docs/security/attacks.md', import.meta.url);
const data = new URL('../docs/security/asvs.json', import.meta.url);
const page = new URL('../docs/security/asvs.md', import.meta.url);

/** Reads what is known. */
export async function readAsvs(): Promise<Asvs> {
  return JSON.parse(await readFile(data, 'utf8')) as Asvs;
}

/** The page that says it to people. */
export function asvsPage({ source, license, chapters, topics, requirements }: Asvs): string {
  const of = (status: AsvsRequirement['status'], level: number) =>
    requirements.filter((one) => one.status === status && one.level === level).length;
  return `${[
    '# OWASP ASVS 5.0',
    `How we stand with levels 1 and 2 of chapters V1 to V16. Made of [asvs.json](asvs.json) by \`npm run docs\`; a test sees to it that no requirement is left out and that the tests and pages named here are there.`,
    `Source: ${source}. ${license}`,
    [
      '| Level | Met | Planned | Not applicable |',
      '| ----- | --- | ------- | -------------- |',
      ...[1, 2].map((level) =>
        row([level, of('met', level), of('planned', level), of('not_applicable', level)]),
      ),
    ].join('\n'),
    ...Object.entries(chapters).flatMap(([chapter, name]) => [
      `## ${chapter} ${name}`,
      requirements
        .filter(({ id }) => id.startsWith(`${chapter}.`))
        .map((one) => entry(one, topics))
        .join('\n'),
    ]),
  ].join('\n\n')}\n`;
}

/** Reads what was tried. */
export async function readAttacks(): Promise<Attack[]> {
  return JSON.parse(await readFile(attacks, 'utf8')) as Attack[];
}

/** The page that says it to people. */
export function attacksPage(all: readonly Attack[]): string {
  const lines = all.map(({ attack, tests }) => [`- **${attack}**`, ...tests.map(testLine)].join('\n'));
  return `# Attacks\n\nWhat was tried, and the tests that go on trying it. Made of [attacks.json](attacks.json) by \`npm run docs\`.\n\n${lines.join('\n')}\n`;
}

/** Padded as Prettier pads it. */
function row(cells: readonly number[]): string {
  const widths = [5, 3, 7, 14];
  return `| ${cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' | ')} |`;
}

function entry(one: AsvsRequirement, topics: Asvs['topics']): string {
  const note = one.note === undefined ? '' : ` ${one.note}`;
  const head = `- **${one.id}**, level ${one.level}: ${one.text}. `;
  if (one.status === 'planned') return `${head}_Planned: ${topics[one.topic]}._${note}`;
  if (one.status === 'not_applicable') return `${head}Not applicable: ${one.reason}${note}`;
  const { tests = [], pages = [] } = one;
  return [`${head}**Met.**${note}`, ...pages.map(pageLine), ...tests.map(testLine)].join('\n');
}

function pageLine(page: string): string {
  const [path, heading] = split(page);
  const anchor = heading.toLowerCase().replaceAll(' ', '-');
  return `  - [${path}](../../${path}#${anchor}): ${heading}`;
}

function testLine(test: string): string {
  const [path, name] = split(test);
  return `  - [${path.split('/').at(-1)}](../../${path}): \`${name}\``;
}

/** A test's file and its name, or a page and its heading. */
export function split(test: string): [path: string, name: string] {
  const at = test.indexOf('#');
  return [test.slice(0, at), test.slice(at + 1)];
}

// `npm run docs`
if (import.meta.main) {
  await writeFile(page, asvsPage(await readAsvs()));
  await writeFile(attacksMarkdown, attacksPage(await readAttacks()));
}
