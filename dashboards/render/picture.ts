import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { chromium } from 'playwright-core';
import { answerOf } from '../../test/dashboards/support/answers.ts';
import { type CommittedDashboard, committedDashboards, targetsOf } from '../../test/dashboards/support/committed.ts';
import { historyBlocks, SCRAPE_MS } from '../../test/dashboards/support/history.ts';
import { END, SCENARIO } from '../../test/dashboards/support/scenario.ts';
import { Source } from '../../test/dashboards/support/source.ts';
import { Prometheus } from '../../test/support/world/prometheus.ts';
import type { Answer } from './frames.ts';
import type { Shown, ShownPanel } from './prepare.ts';

const WIDTH = 1400;
const RANGE = { from: END - 6 * 3_600_000, to: END };
const IMAGES = new URL('../images/', import.meta.url);

/** What the tests show to be escaped is nothing that a person calls a session. */
const LIFELIKE = SCENARIO.map((exporter) => ({
  ...exporter,
  servers: exporter.servers.map((server) => ({
    ...server,
    sessions: server.sessions.map((name) => (/^[a-z-]+$/.test(name) ? name : 'database')),
  })),
}));

/** As Grafana draws them on a screen: what is below is for those who scroll. */
const HEIGHTS: Readonly<Record<string, number>> = { fleet: 1110, server: 1222, exporter: 1372 };

const FLAGS = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Draws dashboards with the components of Grafana, from what a real Prometheus answers. */
async function main(names: readonly string[]): Promise<void> {
  const prometheus = await Prometheus.withHistory(historyBlocks(LIFELIKE));
  try {
    const source = new Source(prometheus.url);
    const dashboards = committedDashboards().filter(({ name }) => names.includes(name));
    const bundled = await bundle();
    for (const dashboard of dashboards) await draw(dashboard.name, await shown(source, dashboard), bundled);
  } finally {
    await prometheus.cleanup();
  }
}

interface Bundle {
  readonly script: string;
  readonly style: string;
}

async function bundle(): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('app.tsx', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    jsx: 'automatic',
    platform: 'browser',
    outdir: 'unused',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.svg': 'text', '.ttf': 'empty', '.png': 'empty' },
    alias: Object.fromEntries(ABSENT.map((name) => [name, STUB])),
    plugins: [COMMONJS],
    logLevel: 'error',
  });
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { script: textOf('.js'), style: textOf('.css') };
}

/** The ES modules of Grafana cannot be bundled: they import the default export of CommonJS modules as it is seen by other bundlers only. */
const COMMONJS: Plugin = {
  name: 'commonjs',
  setup: ({ onResolve }) => {
    const { resolve } = createRequire(import.meta.url);
    onResolve({ filter: /^@grafana\/(data|ui)$/ }, ({ path }) => ({ path: resolve(path) }));
  },
};

/** What a browser has not, and what is heavy and never drawn. */
const ABSENT = ['tty', 'util', 'stream', 'fs', 'path', 'os', 'monaco-editor'];

const STUB = fileURLToPath(new URL('stub.cjs', import.meta.url));

async function shown(source: Source, dashboard: CommittedDashboard): Promise<Shown> {
  const context = { range: RANGE, choice: {}, scrapeMs: SCRAPE_MS };
  const answers = await Promise.all(
    targetsOf(dashboard).map(async (target) => ({
      target,
      series: await answerOf(source, dashboard, target, context),
    })),
  );
  const panels = (dashboard.panels ?? []).flatMap((panel) => {
    if (panel.type === 'row') return [];
    const own = answers.filter(({ target }) => target.panel === panel);
    const of = own.map(({ target: { query }, series }): Answer => {
      const format = query.format === 'table' ? 'table' : 'time_series';
      return { refId: query.refId ?? '', format, legend: query.legendFormat ?? '', series };
    });
    return [{ ...(panel as unknown as ShownPanel), answers: of }];
  });
  const deaths = answers.filter(({ target }) => target.place.startsWith('mark Server gone'));
  const marks = deaths.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([, value]) => value)));
  return { panels, marks: [...new Set(marks)], range: RANGE };
}

async function draw(name: string, dashboard: Shown, { script, style }: Bundle): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHTS[name] ?? WIDTH } });
    page.on('pageerror', (error) => process.stderr.write(`${error.stack}\n`));
    // The page needs an origin for its storage, and nothing of it is to leave the machine.
    await page.route('**/*', (route) => (route.request().url() === ORIGIN ? route.fulfill(PAGE) : route.abort()));
    await page.goto(ORIGIN);
    await page.addStyleTag({ content: style });
    await page.addScriptTag({ content: script });
    await page.evaluate(([given, width]) => window.draw(given, width), [dashboard, WIDTH] as const);
    await page.waitForSelector('canvas');
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 2000 })));
    mkdirSync(IMAGES, { recursive: true });
    await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, IMAGES)) });
  } finally {
    await browser.close();
  }
}

const ORIGIN = 'http://127.0.0.1/';

const PAGE = {
  contentType: 'text/html',
  body: `<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box } body { margin: 0; font: 14px Inter, "DejaVu Sans", sans-serif; color: #ccccdc; background: #111217 }
h2 { font-size: 14px; margin: 0 } button { font: inherit; color: inherit } p { margin: 0 }
</style><div id="root"></div>`,
};

await main(process.argv.length > 2 ? process.argv.slice(2) : Object.keys(HEIGHTS));
