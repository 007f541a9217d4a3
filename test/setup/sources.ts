import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Swc from '@swc/core';

// Lets Node run our TypeScript sources, in the workers of Jest and in processes that tests start in order to kill them:
// `node --conditions=@acci/source --import <this file> script.ts`. Node itself would only strip types: it knows
// neither decorators nor that './x.js' stands for './x.ts'. A run starts dozens of such processes, so what is made of
// a source is kept, and what V8 makes of that.
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/acci-sources');
enableCompileCache(join(cache, 'v8'));

const options: Swc.Options = {
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
};

registerHooks({
  resolve: (specifier, context, next) => {
    const relative = specifier.startsWith('.') && !context.parentURL?.includes('/node_modules/');
    return next(relative ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load: (url, context, next) => {
    const { protocol, pathname } = new URL(url);
    if (protocol !== 'file:' || !pathname.endsWith('.ts')) return next(url, context);
    return { format: 'module', shortCircuit: true, source: transformed(fileURLToPath(url)) };
  },
});

function transformed(filename: string): string {
  const source = readFileSync(filename, 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([filename, source, options]))
    .digest('hex');
  const kept = join(cache, `${key}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { transformSync } = createRequire(import.meta.url)('@swc/core') as typeof Swc;
    const { code } = transformSync(source, { ...options, filename });
    keep(kept, code);
    return code;
  }
}

/** Under its name at once: a process that is killed, or another one that looks, never leaves or finds half of it. */
function keep(file: string, text: string): void {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Where this user may not write it is made anew each time.
  }
}
