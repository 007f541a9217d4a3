#!/usr/bin/env node
// npm links a bin only if its file is there when it installs, and the compiled program comes later.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) {
  // What was compiled once need not be again: a fifth of the time that it takes to start.
  enableCompileCache();
  process.setSourceMapsEnabled(true);
  await import(program.href);
} else {
  process.stderr.write('acci is not built yet: npm run build\n');
  process.exitCode = 1;
}
