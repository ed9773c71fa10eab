import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { Home } from './home.ts';
import { findProgram, Program, portNear } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const NODE = ['--max-semi-space-size=2', '--disable-warning=ExperimentalWarning', CLI];

/** The URLs of the programs that run beside the servers. */
export interface Stack {
  readonly exporter: string;
  /** Null if the program is not installed. */
  readonly prometheus: string | null;
  readonly alertmanager: string | null;
}

/** Options of {@link startStack}. */
export interface StackOptions {
  /** Port of the exporter; null for the default port, or a free one if that is taken. */
  readonly port: number | null;
  /** URL for the web hook. */
  readonly pager: string;
  /** Called with each program after its start. */
  readonly started: (program: Program) => void;
}

/** Starts the exporter, and Prometheus and Alertmanager if they are installed, configured like the stack of `docker/`. */
export async function startStack(home: Home, options: StackOptions): Promise<Stack> {
  const { port, pager, started } = options;
  const addresses: Addresses = {
    exporter: address(port ?? (await portNear(8689))),
    alertmanager: address(await portNear(9093)),
    prometheus: address(await portNear(9090)),
    pager,
  };
  const run = async (name: 'exporter' | 'alertmanager' | 'prometheus', start: Start) => {
    const program = start(home, addresses);
    if (program === null) return null;
    started(program);
    const url = `http://${addresses[name]}`;
    await program.answers(`${url}/-/ready`);
    return url;
  };
  await run('exporter', startExporter);
  const alertmanager = await run('alertmanager', startAlertmanager);
  const prometheus = await run('prometheus', startPrometheus);
  return { exporter: `http://${addresses.exporter}`, alertmanager, prometheus };
}

/** Hosts and ports, and the URL of the pager. */
interface Addresses {
  readonly exporter: string;
  readonly alertmanager: string;
  readonly prometheus: string;
  readonly pager: string;
}

/** Starts a program; null if it is not installed. */
type Start = (home: Home, addresses: Addresses) => Program | null;

function address(port: number): string {
  return `127.0.0.1:${port}`;
}

/** Shows the feed in our own output, from its beginning. */
export function startFollower(home: Home, exporter: string): Program {
  const args = [...NODE, 'watch', `--url=${exporter}`, '--since=all'];
  return Program.start({ name: 'watch', file: process.execPath, args, home, isShown: true });
}

const startExporter: Start = (home, { exporter, alertmanager, pager }) => {
  // Prometheus' rules report the deaths to Alertmanager. They wait for troubles that may pass, so the exporter reports those itself.
  const events = ['server-unresponsive', 'server-unreachable'];
  const alertmanagers = findAlertmanager() ? [{ name: 'demo', url: `http://${alertmanager}`, events }] : [];
  const webhooks = [{ name: 'pager', url: pager, min_severity: 'critical' }];
  const web = { tokens: [{ file: write(home, ALERTS_TOKEN, randomBytes(24).toString('hex')), scopes: ['alerts'] }] };
  const config = write(home, 'exporter.yml', stringify({ webhooks, alertmanagers, web }));
  const args = [
    ...NODE,
    'serve',
    `--config.file=${config}`,
    `--web.listen-address=${exporter}`,
    `--tmux.socket-directory=${home.sockets}`,
    '--no-tmux.discover-processes',
    '--poll.schedule=* * * * * *',
    '--poll.timeout=1s',
    '--watch.sessions',
    ...['window', 'pane', 'client', 'pane-process'].map((name) => `--collector.${name}`),
    '--alerts.receive',
  ];
  return Program.start({ name: 'exporter', file: process.execPath, args, home });
};

/** File of the token that Alertmanager sends with its alerts. */
const ALERTS_TOKEN = 'alerts-token';

const startAlertmanager: Start = (home, addresses) => {
  const file = findAlertmanager();
  if (file === null) return null;
  const text = read('alertmanager/alertmanager.yml').replace('/run/secrets/exporter-token', home.path(ALERTS_TOKEN));
  const config = write(home, 'alertmanager.yml', moved(text, addresses));
  const args = [
    `--config.file=${config}`,
    `--storage.path=${home.path('alertmanager')}`,
    `--web.listen-address=${addresses.alertmanager}`,
    '--cluster.listen-address=',
  ];
  return Program.start({ name: 'alertmanager', file, args, home });
};

const startPrometheus: Start = (home, addresses) => {
  const file = findProgram('prometheus');
  if (file === null) return null;
  const config = write(home, 'prometheus.yml', moved(prometheusConfig(), addresses));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${home.path('prometheus')}`,
    `--web.listen-address=${addresses.prometheus}`,
  ];
  return Program.start({ name: 'prometheus', file, args, home });
};

function findAlertmanager(): string | null {
  return findProgram('prometheus-alertmanager', 'alertmanager');
}

/** Replaces the addresses in a configuration of the stack by those of the demo. */
function moved(text: string, { exporter, alertmanager }: Addresses): string {
  return text.replaceAll('127.0.0.1:8689', exporter).replaceAll('127.0.0.1:9093', alertmanager);
}

/** The Prometheus configuration of the stack, with shorter intervals, and with the rules of the checkout. */
function prometheusConfig(): string {
  const config = parse(read('prometheus/prometheus.yml')) as {
    readonly global: object;
    readonly rule_files: readonly string[];
  };
  return stringify({
    ...config,
    global: { ...config.global, scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    rule_files: config.rule_files.map((path) => path.replace('/etc/prometheus/rules', `${ROOT}dashboards/rules`)),
  });
}

function read(name: string): string {
  return readFileSync(`${ROOT}docker/${name}`, 'utf8');
}

function write(home: Home, name: string, text: string): string {
  writeFileSync(home.path(name), text, { mode: 0o600 });
  return home.path(name);
}
