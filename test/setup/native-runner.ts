import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Jest runs the tests, Node loads the modules. In a vm context of its own each test file would load and evaluate
// everything anew, some 1,500 modules with Nest and TypeORM: more than half of a run. So a worker of Jest loads each
// module once, as a process does, and only the test file and what counts its tests is new. What test files share is
// therefore what two programs in one process would: a module with state of its own shows here.
type Run = (
  globalConfig: unknown,
  config: unknown,
  environment: unknown,
  runtime: unknown,
  testPath: string,
  send: unknown,
) => Promise<unknown>;

const require = createRequire(import.meta.url);
const circus = (require('jest-circus/runner') as { default: Run }).default;

let loaded = 0;

const run: Run = async (globalConfig, config, _environment, _runtime, testPath, send) => {
  await import('./sources.ts');
  // Jest maps positions in what it transforms; what Node loads, Node maps.
  process.setSourceMapsEnabled(true);
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  const nothing = () => undefined;
  const environment = { global: globalThis };
  const runtime = {
    requireInternalModule: fresh,
    requireModule: require,
    setGlobalsForRuntime: nothing,
    enterTestCode: nothing,
    leaveTestCode: nothing,
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path: string) => import(`${pathToFileURL(path).href}?run=${++loaded}`),
  };
  return circus(globalConfig, config, environment, runtime, testPath, send);
};
export default run;

/** The part of Jest that holds the tests of a file: its state and handlers are the last file's otherwise. */
function fresh(path: string): unknown {
  delete require.cache[path];
  Reflect.deleteProperty(globalThis, Symbol.for('EVENT_HANDLERS'));
  return require(path);
}
