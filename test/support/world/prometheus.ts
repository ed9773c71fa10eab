import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../machine/eventually.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

const execute = promisify(execFile);

const CONFIG = 'prometheus.yml';
const DATA = 'data';

/** One sample of an instant query. */
export interface QuerySample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How a scrape target is doing. */
export interface TargetHealth {
  readonly health: string;
  readonly lastError: string;
}

/** The tasks of a Prometheus beside scraping. */
export interface PrometheusOptions {
  /** A file of rules; they are evaluated every second. */
  readonly rules?: string;
  /** Host and port of the Alertmanager that gets their alerts. */
  readonly alertmanager?: string;
  /** Time between two scrapes, and the most that one may take, in seconds; 1 by default. */
  readonly scrapeSeconds?: number;
  /** More of the scrape configuration, as YAML in braces takes it. */
  readonly scrape?: string;
}

/** A Prometheus that stores and answers, one that also takes what others send, or one that only sends. */
export type PrometheusKind = 'server' | 'receiver' | 'agent';

const RECEIVES = '--web.enable-remote-write-receiver';

/** What recording rules make of a history. */
export interface RecordedHistory {
  /** The path of the rules. */
  readonly rules: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly everyMs: number;
}

/** A real Prometheus on loopback that scrapes one target. */
export class Prometheus {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, url: string, folder: string) {
    this.#process = process;
    this.url = url;
    this.#folder = folder;
  }

  /** Starts it, scraping `target` (host:port). Resolves when it is ready. */
  static async start(
    target: string,
    { rules = 'groups: []\n', alertmanager, scrapeSeconds = 1, scrape = '' }: PrometheusOptions = {},
  ): Promise<Prometheus> {
    const folder = await makePrivateFolder();
    await writeFile(
      join(folder, CONFIG),
      `global: {scrape_interval: ${scrapeSeconds}s, scrape_timeout: ${scrapeSeconds}s, evaluation_interval: 1s}
rule_files: ['${join(folder, 'rules.yml')}']
alerting: {alertmanagers: [${alertmanager ? `{static_configs: [{targets: ['${alertmanager}']}]}` : ''}]}
scrape_configs:
  - {job_name: tmux-exporter, static_configs: [{targets: ['${target}']}], ${scrape}}
`,
    );
    await writeFile(join(folder, 'rules.yml'), rules);
    return Prometheus.#launch(folder);
  }

  /** Starts one that scrapes nothing and holds what was written in OpenMetrics with times, however old: a text for each block of two hours, since promtool reads all of a file for each. With `recorded`, it also holds what those rules make of it. */
  static async withHistory(blocks: AsyncIterable<string>, recorded?: RecordedHistory): Promise<Prometheus> {
    const folder = await makePrivateFolder();
    const file = join(folder, 'block.txt');
    for await (const block of blocks) {
      await writeFile(file, block);
      await execute('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, DATA)]);
    }
    await rm(file);
    await writeFile(join(folder, CONFIG), 'global: {}\n');
    const prometheus = await Prometheus.#launch(folder);
    if (!recorded) return prometheus;
    await prometheus.#record(recorded);
    await prometheus.#end();
    // Prometheus finds blocks at its start.
    return Prometheus.#launch(folder);
  }

  async #record({ rules, from, to, everyMs }: RecordedHistory): Promise<void> {
    const times = [`--start=${from / 1000}`, `--end=${to / 1000}`, `--eval-interval=${everyMs / 1000}s`];
    const places = [`--url=${this.url}`, `--output-dir=${join(this.#folder, DATA)}`];
    await execute('promtool', ['tsdb', 'create-blocks-from', 'rules', ...times, ...places, rules]);
  }

  /** Starts one with a configuration of its own, as YAML. Its paths are relative to the folder, which `fill` may fill. */
  static async configured(
    yaml: string,
    { kind = 'server', fill }: { kind?: PrometheusKind; fill?: (folder: string) => Promise<void> } = {},
  ): Promise<Prometheus> {
    const folder = await makePrivateFolder();
    await writeFile(join(folder, CONFIG), yaml);
    await fill?.(folder);
    return Prometheus.#launch(folder, await flagsOf(kind, folder));
  }

  /** The folder of its configuration. */
  get folder(): string {
    return this.#folder;
  }

  static async #launch(folder: string, kindFlags = storedIn(folder)): Promise<Prometheus> {
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [`--config.file=${join(folder, CONFIG)}`, ...kindFlags, `--web.listen-address=${address}`];
    const child = spawn('prometheus', flags, { stdio: 'ignore' });
    const prometheus = new Prometheus(child, `http://${address}`, folder);
    await eventually(
      'Prometheus is ready',
      async () => {
        const response = await fetch(`${prometheus.url}/-/ready`).catch(() => null);
        return response?.ok === true;
      },
      20_000,
    );
    return prometheus;
  }

  /** The samples of an instant query. */
  async query(expression: string): Promise<QuerySample[]> {
    const { data } = (await this.#get(`query?query=${encodeURIComponent(expression)}`)) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** The value of an instant query with one sample; null if it has none. */
  async value(expression: string): Promise<number | null> {
    return (await this.query(expression))[0]?.value ?? null;
  }

  /** The value of one of its own metrics, summed over its labels. */
  async own(metric: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${metric} `) || line.startsWith(`${metric}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** The health of its targets. */
  async targets(): Promise<TargetHealth[]> {
    const { data } = (await this.#get('targets')) as { data: { activeTargets: TargetHealth[] } };
    return data.activeTargets.map(({ health, lastError }) => ({ health, lastError }));
  }

  /** Waits until its target was scraped. Gives `up`, or the error. A scrape that took too long is not counted: the machine is busy. */
  async outcome(): Promise<string> {
    let outcome = '';
    await eventually('it has scraped', async () => {
      const [target] = await this.targets();
      // It reads the error before the health, so a target can be down without an error for a moment.
      outcome = target?.health === 'up' ? 'up' : (target?.lastError ?? '');
      return outcome !== '' && !outcome.includes('context deadline exceeded');
    });
    return outcome;
  }

  /** The labels of its targets. */
  async targetLabels(): Promise<Readonly<Record<string, string>>[]> {
    const { data } = (await this.#get('targets')) as { data: { activeTargets: { labels: Record<string, string> }[] } };
    return data.activeTargets.map(({ labels }) => labels);
  }

  /** Ends it and removes what it stored. */
  async cleanup(): Promise<void> {
    await this.#end();
    await removeFolder(this.#folder);
  }

  async #end(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exit;
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    return response.json();
  }
}

/** The flags of a kind, whose name changed with version 3. */
async function flagsOf(kind: PrometheusKind, folder: string): Promise<string[]> {
  if (kind !== 'agent') return [...storedIn(folder), ...(kind === 'receiver' ? [RECEIVES] : [])];
  const { stdout, stderr } = await execute('prometheus', ['--version']);
  const isOld = /version 2\./.test(stdout + stderr);
  return [isOld ? '--enable-feature=agent' : '--agent', `--storage.agent.path=${join(folder, DATA)}`];
}

function storedIn(folder: string): string[] {
  return [`--storage.tsdb.path=${join(folder, DATA)}`, '--storage.tsdb.retention.time=100y'];
}
