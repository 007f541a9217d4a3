import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

const block = /^(```\w+ (\S+)\n)[^]*?^```$/gm;

/**
 * Puts files into the code blocks that name them, so that what a guide shows is what is compiled and tested:
 *
 *     ```ts first-app/src/main.ts
 *
 * @param markdown a guide
 * @param folder what the blocks' paths start from
 * @returns the guide with every such block as its file is now.
 */
export async function embedCode(markdown: string, folder: string): Promise<string> {
  const paths = [...markdown.matchAll(block)].map(([, , path = '']) => path);
  const files = new Map<string, string>();
  for (const path of paths) files.set(path, await readFile(resolve(folder, path), 'utf8'));
  return markdown.replaceAll(block, (_, fence: string, path: string) => `${fence}${files.get(path)}\`\`\``);
}

// `npm run docs`
if (import.meta.main) {
  for (const guide of process.argv.slice(2)) {
    await writeFile(guide, await embedCode(await readFile(guide, 'utf8'), dirname(guide)));
  }
}
