import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

// Lets Node run our TypeScript sources as Jest does, in processes that tests start in order to kill them:
// `node --conditions=@acci/source --import <this file> script.ts`. Node itself would only strip types: it knows
// neither decorators nor that './x.js' stands for './x.ts'.
registerHooks({
  resolve: (specifier, context, next) => {
    const relative = specifier.startsWith('.') && !context.parentURL?.includes('/node_modules/');
    return next(relative ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
  load: (url, context, next) => {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      sourceMaps: 'inline',
      module: { type: 'es6' },
      jsc: {
        target: 'es2024',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
    });
    return { format: 'module', shortCircuit: true, source: code };
  },
});
