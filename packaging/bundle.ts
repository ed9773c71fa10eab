import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Gives bundled CommonJS modules a `require` for modules of Node. */
const BANNER =
  "import { createRequire as createNodeRequire } from 'node:module'; const require = createNodeRequire(import.meta.url);";

/** The media types that we use, out of 2,500 that express knows. */
const MEDIA_TYPES = ['application/json', 'application/octet-stream', 'text/html', 'text/plain'];

/** Files of packages, and the function that reduces each. It throws if the file is not as expected. */
interface LeftOut {
  readonly filter: RegExp;
  readonly rest: (text: string) => string;
}

/** Parts of packages that we never use: without them the daemon needs 11 MB less, and starts faster. */
const LEFT_OUT: readonly LeftOut[] = [
  // The character sets of East Asia: a JSON body must be UTF-8, -16 or -32.
  { filter: /\/iconv-lite\/encodings\/tables\/[^/]+\.json$/, rest: () => 'module.exports = [];' },
  { filter: /\/mime-db\/db\.json$/, rest: (text) => `module.exports = ${JSON.stringify(withMediaTypes(text))};` },
  // Needed only for exemplars, which the metrics of the process do not have.
  { filter: /\/@opentelemetry\/api\/dist\/index\.cjs$/, rest: () => 'module.exports = {};' },
  // The messages of zod in other languages than English.
  { filter: /\/zod\/v4\/locales\/index\.js$/, rest: () => 'export {};' },
  // These load node:https and node:cluster.
  { filter: /\/prom-client\/lib\/(pushgateway|cluster)\.js$/, rest: () => 'module.exports = class {};' },
  // The transports of pino, which write in their own thread: our log has its own sink.
  { filter: /\/thread-stream\/index\.js$/, rest: () => 'module.exports = class {};' },
  // The time zones, languages and calendars of Intl: schedules are in the time of the machine.
  { filter: /\/node-cron\/dist\/_shared\.js$/, rest: withoutIntl },
];

/** The files of a bundle and the packages in it, as absolute paths. */
export interface Bundle {
  readonly files: readonly string[];
  /** The folders of the packages that are in the bundle, at least in part. */
  readonly packages: readonly string[];
}

/** Bundles the command line and everything it needs into a folder. */
export async function bundle(folder: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli.ts'],
    outdir: folder,
    bundle: true,
    // Code that a command loads late stays in separate files.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    // Names are kept, so stacks are readable without source maps: with maps the daemon needs 40 MB more.
    minifyWhitespace: true,
    lineLimit: 160,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    banner: { js: BANNER },
    plugins: LEFT_OUT.map(leaveOut),
    metafile: true,
  });
  const files = Object.keys(metafile.outputs).map((name) => join(ROOT, name));
  await expectLatin1(files.filter((file) => file.endsWith('.js')));
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return {
    files,
    packages: [...new Set(packages)].map((name) => join(ROOT, name)).sort(),
  };
}

/** Throws if a file of the bundle has a character beyond Latin-1: Node then keeps the whole text with two bytes per character. esbuild escapes strings, but neither regular expressions nor tagged templates. */
async function expectLatin1(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const [found] = /.{0,30}[^\0-\xff].{0,10}/su.exec(await readFile(file, 'utf8')) ?? [];
    if (found !== undefined)
      throw new Error(
        `${relative(ROOT, file)}: expected Latin-1 only, found ${JSON.stringify(found)}: write it as an escape`,
      );
  }
}

function leaveOut({ filter, rest }: LeftOut): Plugin {
  return {
    name: `leave out ${filter.source}`,
    setup({ onLoad, onEnd }) {
      let isFound = false;
      onLoad({ filter }, async ({ path }) => {
        isFound = true;
        return { contents: rest(await readFile(path, 'utf8')), loader: 'js' };
      });
      // An upgraded package may have other files.
      onEnd(() => {
        if (!isFound) throw new Error(`packaging/bundle.ts: expected a file like ${filter.source}, found none`);
      });
    },
  };
}

function withMediaTypes(text: string): unknown {
  const types = JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(MEDIA_TYPES.map((name) => [name, types[name]]));
}

function withoutIntl(text: string): string {
  const used = 'new Intl.DateTimeFormat';
  if (!text.includes(used)) throw new Error(`packaging/bundle.ts: expected ${used} in node-cron, found none`);
  const replacement = JSON.stringify(join(ROOT, 'packaging', 'local-time-format.ts'));
  return `import { LocalTimeFormat } from ${replacement};\n${text.replaceAll(used, 'new LocalTimeFormat')}`;
}
