import { readFile, writeFile } from 'node:fs/promises';

/**
 * Adds to package-lock.json the optional platform packages that npm left out.
 *
 * A registry mirror may not hold the builds for every platform. `npm install` passes over those silently and
 * writes a lockfile without them, which `npm ci` then refuses as incomplete. Their exact versions are pinned by
 * the package that wants them, so the entries can be written without asking anyone. They carry no integrity
 * hash: npm checks and adds it where such a package is really installed.
 *
 * Run it after every `npm install`: `npm run lockfile`. With `--check` it only reports and fails.
 */
interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

interface Lockfile {
  packages: Record<string, LockedPackage>;
}

type Platform = Pick<LockedPackage, 'os' | 'cpu' | 'libc'>;

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** `@oxlint/binding-linux-x64-musl` → linux, x64, musl; undefined for a name that is not of this form. */
function platformOf(name: string): Platform | undefined {
  const words = name.split(/[-/]/);
  const os = OS.find((each) => words.includes(each));
  const cpu = CPU.find((each) => words.includes(each));
  if (os === undefined || cpu === undefined) return undefined;
  if (os !== 'linux') return { cpu: [cpu], os: [os] };
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return { cpu: [cpu], libc: [libc], os: [os] };
}

/** Keys in npm's own order, so that the next `npm install` leaves the entry as it is. */
function lockEntry(version: string, dev: boolean | undefined, platform: Platform): LockedPackage {
  const { cpu, libc, os } = platform;
  return { version, cpu, ...(dev && { dev }), ...(libc && { libc }), optional: true, os };
}

function missingFrom(packages: Lockfile['packages']): [path: string, entry: LockedPackage][] {
  const missing: [string, LockedPackage][] = [];
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`;
      if (packages[path] || packages[`${parent}/${path}`]) continue;
      const platform = platformOf(name);
      if (!platform || !/^\d+\.\d+\.\d+/.test(version)) {
        throw new Error(
          `${name}@${version}, wanted by ${parent}, is missing and is no pinned platform package`,
        );
      }
      missing.push([path, lockEntry(version, dev, platform)]);
    }
  }
  return missing;
}

const file = new URL('../package-lock.json', import.meta.url);
const lockfile = JSON.parse(await readFile(file, 'utf8')) as Lockfile;
const missing = missingFrom(lockfile.packages);

if (missing.length > 0 && process.argv.includes('--check')) {
  console.error(`package-lock.json lacks ${missing.length} platform packages: npm run lockfile`);
  process.exitCode = 1;
} else if (missing.length > 0) {
  const entries = [...Object.entries(lockfile.packages), ...missing];
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lockfile.packages = Object.fromEntries(entries);
  await writeFile(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} platform packages added`);
}
