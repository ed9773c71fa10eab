import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS modules that are bundled ask for modules of Node. */
const BANNER =
  "import { createRequire as createNodeRequire } from 'node:module'; const require = createNodeRequire(import.meta.url);";

/** Media types that express looks up for us, out of 2,500 that it knows. */
const MEDIA_TYPES = ['application/json', 'application/octet-stream', 'text/html', 'text/plain'];

/** Files of packages, and what is left of each. */
interface LeftOut {
  readonly filter: RegExp;
  readonly rest: (text: string) => string;
}

/** Parts of packages that nothing of ours reaches: without them the daemon needs 3 MB less, and starts sooner. */
const LEFT_OUT: readonly LeftOut[] = [
  // A JSON body is UTF-8, -16 or -32, or it is refused; these are the character sets of East Asia.
  { filter: /\/iconv-lite\/encodings\/tables\/[^/]+\.json$/, rest: () => 'module.exports = [];' },
  { filter: /\/mime-db\/db\.json$/, rest: (text) => `module.exports = ${JSON.stringify(withMediaTypes(text))};` },
  // For exemplars, of which the metrics of the process have none.
  { filter: /\/@opentelemetry\/api\/dist\/index\.cjs$/, rest: () => 'module.exports = {};' },
  // They load node:https and node:cluster.
  { filter: /\/prom-client\/lib\/(pushgateway|cluster)\.js$/, rest: () => 'module.exports = class {};' },
  // The transports of pino, which write in a thread of their own: our log has a sink of its own.
  { filter: /\/thread-stream\/index\.js$/, rest: () => 'module.exports = class {};' },
];

/** What a bundle is made of, all by absolute path. */
export interface Bundle {
  readonly files: readonly string[];
  /** The folders of the packages that something was taken from. */
  readonly packages: readonly string[];
}

/** Bundles the command line and all that it needs into a folder. */
export async function bundle(folder: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli.ts'],
    outdir: folder,
    bundle: true,
    // What a command loads late stays apart.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    // Names stay, so that a stack can be read without a source map: with maps the daemon needs 40 MB more.
    minifyWhitespace: true,
    lineLimit: 160,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    banner: { js: BANNER },
    plugins: LEFT_OUT.map(leaveOut),
    metafile: true,
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return {
    files: Object.keys(metafile.outputs).map((name) => join(ROOT, name)),
    packages: [...new Set(packages)].map((name) => join(ROOT, name)).sort(),
  };
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
      // A package that was upgraded may have other files.
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
