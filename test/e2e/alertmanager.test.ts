import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Endpoint } from '../alert/support/endpoint.ts';
import { Daemon, runCli } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { Alertmanager } from '../support/world/alertmanager.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { Prometheus } from '../support/world/prometheus.ts';

const isComplete = ['prometheus', 'prometheus-alertmanager', 'amtool'].every(isInstalled);
const describeWithAlertmanager = isComplete ? describe : describe.skip;

const RULES_FILE = join(import.meta.dirname, '../../dashboards/rules/tmux.rules.yml');

/** The rules as they are shipped, but for the quarter of an hour that a death is told: it is some seconds here. */
async function shippedRules(): Promise<string> {
  const text = await readFile(RULES_FILE, 'utf8');
  return text.replaceAll('> time() - 900', '> time() - 20').replaceAll('[1d] offset 15m', '[1d] offset 20s');
}

describeWithAlertmanager('A real Alertmanager and a real Prometheus', () => {
  let folder: string;
  let daemon: Daemon;
  let server: TmuxServer;
  let alertmanager: Alertmanager;
  let prometheus: Prometheus;
  let sink: Endpoint;
  let feed: FeedReader;
  let shell: ChildProcess;
  const shellLines: string[] = [];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    sink = await Endpoint.start();
    const port = await freePort();
    const config = join(folder, 'config.yaml');
    const tokenFile = join(folder, 'alerts-token');
    await writeFile(tokenFile, 'a-token-for-the-alertmanager\n', { mode: 0o600 });
    await writeFile(
      config,
      `alerts: {receive: true}
web: {tokens: [{file: '${tokenFile}', scopes: [alerts]}]}
alertmanagers: [{name: am, url: 'http://127.0.0.1:${port}', resend: 1s}]
webhooks: [{name: ours, url: '${sink.url}/ours', format: alertmanager, group: {wait: 0s, interval: 0s}}]
`,
    );
    daemon = await Daemon.start({ flags: [`--config.file=${config}`] });
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    const webhooks = [`${daemon.url}/api/v1/alerts`, `${sink.url}/theirs`];
    alertmanager = await Alertmanager.start({ port, webhooks, tokenFile });
    const target = daemon.url.replace('http://', '');
    prometheus = await Prometheus.start(target, { rules: await shippedRules(), alertmanager: `127.0.0.1:${port}` });
    feed = await FeedReader.open(daemon.url);
    await eventually(
      'the server is scraped',
      async () => (await prometheus.value('tmux_server_up{server="work"}')) === 1,
      15_000,
    );
    const env = { TMUX_EXPORTER_URL: daemon.url, XDG_STATE_HOME: join(folder, 'state') };
    shell = runCli(['watch', '--type=alert'], env);
    createInterface({ input: shell.stdout as NodeJS.ReadableStream }).on('line', (line) => shellLines.push(line));
    await eventually(
      'the shell follows',
      async () => (await daemon.sample('tmux_exporter_feed_clients')) === 2,
      15_000,
    );
    await watched(daemon, server);
    await server.crash();
  }, 90_000);

  afterAll(async () => {
    feed.close();
    const ended = once(shell, 'exit');
    shell.kill('SIGTERM');
    await ended;
    await prometheus.cleanup();
    await alertmanager.cleanup();
    await server.cleanup();
    await daemon.cleanup();
    await sink.close();
    await removeFolder(folder);
  });

  /** What we push ourselves says on which host; what Prometheus finds by a rule, by which target. */
  async function pushedAlert() {
    return (await alertmanager.alerts()).find(({ labels }) => labels['host'] !== undefined);
  }

  it('lists what we push, with the fingerprint that we compute', async () => {
    await eventually('amtool lists it', async () => (await pushedAlert()) !== undefined, 15_000);
    const alert = await pushedAlert();
    expect(alert).toMatchObject({
      labels: { alertname: 'TmuxServerGone', server: 'work', severity: 'critical', job: 'tmux-exporter' },
      annotations: { summary: expect.stringContaining('tmux server work crashed') },
      status: { state: 'active' },
    });
    await sink.until((requests) => requests.some(({ path }) => path === '/ours'));
    const ours = payloads('/ours')[0];
    expect(ours).toMatchObject({ alerts: [{ labels: alert?.labels, fingerprint: alert?.fingerprint }] });
  }, 30_000);

  it('tells our feed of it, and the shell that follows, without a loop', async () => {
    const event = await feed.next(({ type, labels }) => type === 'alert' && isPushed(labels));
    expect(event).toMatchObject({
      severity: 'critical',
      status: 'firing',
      server: { name: 'work', pid: server.pid },
      labels: { server: 'work' },
    });
    await eventually('the shell shows it', () => shellLines.some((line) => line.includes('TmuxServerGone')), 15_000);
    expect(payloads('/ours').flatMap(({ alerts }) => alerts)).toHaveLength(1);
  }, 30_000);

  it('brings a death by the shipped rule of Prometheus over the Alertmanager and us to the shell', async () => {
    const event = await feed.next(({ type, labels }) => type === 'alert' && isOfRule(labels), 30_000);
    const target = daemon.url.replace('http://', '');
    expect(event).toMatchObject({
      alertname: 'TmuxServerGone',
      severity: 'critical',
      status: 'firing',
      // It has died, and is not registered any more.
      server: { name: 'work', pid: server.pid },
      labels: { instance: target, job: 'tmux-exporter', reason: 'crashed', server: 'work', severity: 'critical' },
      annotations: { runbook_url: 'RUNBOOK.md#tmuxservergone' },
    });
    const summary = `TmuxServerGone: tmux server work on ${target} is gone: crashed`;
    await eventually('the shell shows it', () => shellLines.some((line) => line.includes(summary)), 15_000);
    expect(await prometheus.query('count by (alertname) (ALERTS)')).toMatchObject([
      { metric: { alertname: 'TmuxServerGone' }, value: 1 },
    ]);
  }, 60_000);

  it('resolves when the server returns, everywhere', async () => {
    await server.restart();
    const isOver = async () => (await alertmanager.alerts()).length === 0;
    await eventually('amtool lists nothing any more', isOver, 30_000);
    for (const isWanted of [isPushed, isOfRule]) {
      const event = await feed.next(
        ({ type, labels, status }) => type === 'alert' && isWanted(labels) && status === 'resolved',
        30_000,
      );
      expect(event).toMatchObject({ severity: 'info', server: { name: 'work' } });
    }
    await sink.until((requests) => requests.filter(({ path }) => path === '/ours').length === 2);
    expect(payloads('/ours').at(-1)).toMatchObject({ status: 'resolved' });
  }, 90_000);

  it('sends a receiver what our format alertmanager sends: the same keys, in the same order, of the same types', async () => {
    await sink.until(() => payloads('/theirs').some(({ status }) => status === 'resolved'));
    const ours = payloads('/ours');
    const theirs = payloads('/theirs');
    for (const status of ['firing', 'resolved']) {
      const [our, their] = [ours, theirs].map((all) => all.find((payload) => payload.status === status));
      expect(our).toBeDefined();
      expect(shapeOf(our)).toEqual(shapeOf(their));
    }
    expect(sink.requests.find(({ path }) => path === '/theirs')?.body.endsWith('\n')).toBe(true);
  }, 60_000);

  interface Payload {
    readonly status: string;
    readonly alerts: readonly { readonly labels: Record<string, string> }[];
  }

  function payloads(path: string): Payload[] {
    return sink.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body) as Payload);
  }
});

function isPushed(labels: unknown): boolean {
  return typeof labels === 'object' && labels !== null && 'host' in labels;
}

function isOfRule(labels: unknown): boolean {
  return typeof labels === 'object' && labels !== null && 'reason' in labels;
}

/** The keys of a payload in their order, and the types of what they hold; what labels and annotations are called is left out. */
function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shapeOf(item));
  if (typeof value !== 'object' || value === null) return typeof value;
  if (/labels|annotations/i.test(key)) return Object.values(value).every((text) => typeof text === 'string');
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner, name)]);
}
