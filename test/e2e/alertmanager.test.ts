import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Endpoint } from '../alert/support/endpoint.ts';
import { Alertmanager } from '../support/alertmanager.ts';
import { Daemon, runCli } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { FeedReader } from '../support/feed-reader.ts';
import { freePort } from '../support/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { isInstalled } from '../support/program.ts';
import { Prometheus } from '../support/prometheus.ts';
import { TmuxServer } from '../support/tmux-server.ts';
import { watched } from '../support/watched.ts';

const isComplete = ['prometheus', 'prometheus-alertmanager', 'amtool'].every(isInstalled);
const describeWithAlertmanager = isComplete ? describe : describe.skip;

const RULES = `[{alert: TmuxServerDown, expr: 'tmux_server_up == 0', labels: {severity: critical},
  annotations: {summary: 'tmux server {{ $labels.server }} is down'}}]`;

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
    await writeFile(
      config,
      `alerts: {receive: true}
alertmanagers: [{name: am, url: 'http://127.0.0.1:${port}', resend: 1s}]
webhooks: [{name: ours, url: '${sink.url}/ours', format: alertmanager, group: {wait: 0s, interval: 0s}}]
`,
    );
    daemon = await Daemon.start({ flags: [`--config.file=${config}`] });
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    alertmanager = await Alertmanager.start({ port, webhooks: [`${daemon.url}/api/v1/alerts`, `${sink.url}/theirs`] });
    const target = daemon.url.replace('http://', '');
    prometheus = await Prometheus.start(target, { rules: RULES, alertmanager: `127.0.0.1:${port}` });
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

  async function alertCalled(name: string) {
    return (await alertmanager.alerts()).find(({ labels }) => labels['alertname'] === name);
  }

  it('lists what we push, with the fingerprint that we compute', async () => {
    await eventually('amtool lists it', async () => (await alertCalled('TmuxServerGone')) !== undefined, 15_000);
    const alert = await alertCalled('TmuxServerGone');
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
    const event = await feed.next(({ type, alertname }) => type === 'alert' && alertname === 'TmuxServerGone');
    expect(event).toMatchObject({ severity: 'critical', status: 'firing', labels: { server: 'work' } });
    await eventually('the shell shows it', () => shellLines.some((line) => line.includes('TmuxServerGone')), 15_000);
    expect(payloads('/ours').flatMap(({ alerts }) => alerts)).toHaveLength(1);
  }, 30_000);

  it('brings an alert of a rule of Prometheus over the Alertmanager and us to the shell', async () => {
    await feed.next(({ type, alertname }) => type === 'alert' && alertname === 'TmuxServerDown', 30_000);
    const isThere = () => shellLines.some((line) => line.includes('TmuxServerDown: tmux server work is down'));
    await eventually('the shell shows it', isThere, 15_000);
  }, 60_000);

  it('resolves when the server returns, everywhere', async () => {
    await server.restart();
    const isOver = async () => (await alertmanager.alerts()).length === 0;
    await eventually('amtool lists nothing any more', isOver, 30_000);
    for (const name of ['TmuxServerGone', 'TmuxServerDown']) {
      const event = await feed.next(
        ({ type, alertname, status }) => type === 'alert' && alertname === name && status === 'resolved',
        30_000,
      );
      expect(event).toMatchObject({ severity: 'info', server: { name: 'work' } });
    }
    await sink.until((requests) => requests.filter(({ path }) => path === '/ours').length === 2);
    expect(payloads('/ours').at(-1)).toMatchObject({ status: 'resolved' });
  }, 90_000);

  it('sends a receiver what our format alertmanager sends: the same keys, in the same order, of the same types', () => {
    const ours = payloads('/ours');
    const theirs = payloads('/theirs');
    for (const status of ['firing', 'resolved']) {
      const [our, their] = [ours, theirs].map((all) => all.find((payload) => payload.status === status));
      expect(our).toBeDefined();
      expect(shapeOf(our)).toEqual(shapeOf(their));
    }
    expect(sink.requests.find(({ path }) => path === '/theirs')?.body.endsWith('\n')).toBe(true);
  });

  interface Payload {
    readonly status: string;
    readonly alerts: readonly { readonly labels: Record<string, string> }[];
  }

  function payloads(path: string): Payload[] {
    return sink.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body) as Payload);
  }
});

/** The keys of a payload in their order, and the types of what they hold; what labels and annotations are called is left out. */
function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shapeOf(item));
  if (typeof value !== 'object' || value === null) return typeof value;
  if (/labels|annotations/i.test(key)) return Object.values(value).every((text) => typeof text === 'string');
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner, name)]);
}
