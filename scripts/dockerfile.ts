/** One instruction of a Dockerfile: `RUN`, and what follows it. */
export interface Instruction {
  readonly keyword: string;
  readonly argument: string;
}

/** One build stage. */
export interface Stage {
  readonly name: string | undefined;
  readonly image: string;
  readonly instructions: Instruction[];
}

/** Reads the stages of a Dockerfile that has no here-documents and no parser directives. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword = '', argument = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    const [image = '', , name] = argument.split(/\s+/);
    if (keyword === 'FROM') stages.push({ name, image, instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, argument });
  }
  return stages;
}
