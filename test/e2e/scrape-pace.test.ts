import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { inState, processLife, signal } from '../support/machine/process-life.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { Prometheus } from '../support/world/prometheus.ts';

const describeWithPrometheus = isInstalled('prometheus') ? describe : describe.skip;
const CLIENTS = 'tmux_exporter_tmux_commands_total{command="list-panes"}';

/** The samples of one scrape, by series. */
type Samples = ReadonlyMap<string, number>;

async function scrape(url: string, timeoutSeconds?: number): Promise<Samples> {
  const headers = timeoutSeconds ? { 'X-Prometheus-Scrape-Timeout-Seconds': String(timeoutSeconds) } : {};
  const signal = timeoutSeconds ? AbortSignal.timeout(timeoutSeconds * 1000) : null;
  const response = await fetch(`${url}/metrics`, { headers: { accept: 'text/plain', ...headers }, signal });
  return samplesOf(await response.text());
}

function samplesOf(body: string): Samples {
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** Scrapes so that all requests reach the daemon in the same moment: it is stopped until each has been sent. */
async function scrapeAtOnce({ pid, url }: Daemon, count: number): Promise<Samples[]> {
  const life = processLife(pid);
  signal(life, 'SIGSTOP');
  await inState(life, 'T');
  const requests = Array.from({ length: count }, () => get(`${url}/metrics`, { agent: false }));
  const answers = requests.map(async (request) => {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return samplesOf(await text(response));
  });
  await Promise.all(requests.map((request) => once(request, 'finish')));
  signal(life, 'SIGCONT');
  return Promise.all(answers);
}

async function register(daemon: Daemon, name: string, socket: string): Promise<void> {
  const { status } = await daemon.change(`/api/v1/servers/${name}`, 'PUT', { socket });
  if (status !== 201) throw new Error(`expected 201, found ${status}`);
}

describe('With the schedule "scrape"', () => {
  let folder: string;
  let daemon: Daemon | null;
  let servers: TmuxServer[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    daemon = null;
    servers = [];
  });

  afterEach(async () => {
    // A poll that hangs ends with its server.
    for (const server of servers) await server.cleanup();
    await daemon?.cleanup();
    await removeFolder(folder);
  });

  async function begin(...names: readonly string[]): Promise<TmuxServer[]> {
    const begun = await Promise.all(names.map((name) => TmuxServer.start({ folder, name })));
    servers.push(...begun);
    return begun;
  }

  async function serve(...flags: readonly string[]): Promise<Daemon> {
    daemon = await Daemon.start({ sockets: folder, schedule: 'scrape', flags });
    return daemon;
  }

  it('a scrape shows what is so when it comes, and has no interval to tell', async () => {
    const [server] = await begin('work');
    const { url } = await serve();
    const before = await scrape(url);
    await server?.addSession('another');
    const after = await scrape(url);

    const sessions = 'tmux_server_sessions{server="work"}';
    expect([before.get(sessions), after.get(sessions)]).toEqual([1, 2]);
    expect(after.get('tmux_exporter_polls_total')).toBe(3);
    expect(after.has('tmux_exporter_poll_last_success_timestamp_seconds')).toBe(true);
    expect(after.has('tmux_exporter_poll_interval_seconds')).toBe(false);
  }, 30_000);

  it('ten scrapes at once are one command per server', async () => {
    await begin('a', 'b', 'c');
    const served = await serve();
    const before = await scrape(served.url);
    const all = await scrapeAtOnce(served, 10);

    for (const samples of all) {
      expect((samples.get(CLIENTS) ?? 0) - (before.get(CLIENTS) ?? 0)).toBe(3);
      expect(samples.get('tmux_server_up{server="c"}')).toBe(1);
    }
  }, 30_000);

  it('a scrape is answered in its time with what is new of the others while one server hangs', async () => {
    const [lively] = await begin('lively');
    // The time that is kept for the answer lets this hold on a busy machine; a poll that hangs would last for much longer.
    const served = await serve('--poll.timeout=60s', '--poll.scrape-timeout-offset=4s', '--poll.concurrency=2');
    const hung = await TmuxServer.start({ name: 'hung' });
    servers.push(hung);
    hung.kill('SIGSTOP');
    // Of a server that was stopped before we first saw it nobody knows that it is, so that it is asked.
    const { url } = served;
    await register(served, 'hung', hung.socket);
    for (const sessions of [2, 3]) {
      await lively?.addSession(`s${sessions}`);
      const samples = await scrape(url, 6);
      expect(samples.get('tmux_server_sessions{server="lively"}')).toBe(sessions);
      expect(samples.get('tmux_server_up{server="hung"}')).toBe(0);
    }
    hung.kill('SIGCONT');
    await eventually('it is seen up', async () => {
      return (await scrape(url)).get('tmux_server_up{server="hung"}') === 1;
    });
  }, 60_000);

  it('a server that is stopped later is shown as not up, and again as up by the first scrape after it goes on', async () => {
    const [server] = await begin('work', 'other');
    const { url } = await serve();
    if (!server) throw new Error('expected a server');
    server.kill('SIGSTOP');
    await inState(server.life, 'T');
    expect((await scrape(url)).get('tmux_server_up{server="work"}')).toBe(0);
    expect((await scrape(url)).get('tmux_server_state{server="work",state="unresponsive"}')).toBe(1);
    server.kill('SIGCONT');
    const samples = await scrape(url);
    expect(samples.get('tmux_server_up{server="work"}')).toBe(1);
    expect(samples.get('tmux_server_up{server="other"}')).toBe(1);
  }, 30_000);

  it('a death that nobody watches is found, reaped and told by a scrape', async () => {
    const [server] = await begin('work');
    const { url } = await serve('--no-watch');
    const feed = await FeedReader.open(url);
    await server?.crash();
    const samples = await scrape(url);

    expect(samples.get('tmux_server_up{server="work"}')).toBe(0);
    expect(samples.get('tmux_server_gone_total{server="work",reason="lost"}')).toBe(1);
    expect(samples.has('tmux_server_sessions{server="work"}')).toBe(false);
    await feed.next(({ type }) => type === 'server-gone');
    feed.close();
  }, 30_000);

  it('a death is told at once while nobody scrapes, and a server that begins is seen', async () => {
    const [server] = await begin('work');
    const running = await serve();
    const feed = await FeedReader.open(running.url);
    if (server) await watched(running, server);
    const before = await scrape(running.url);
    await server?.crash();
    await feed.next(({ type, server }) => type === 'server-gone' && server?.name === 'work');
    await begin('new');
    await feed.next(({ type, server }) => type === 'server-up' && server?.name === 'new');
    feed.close();
    const polls = 'tmux_exporter_polls_total';
    expect((await scrape(running.url)).get(polls)).toBe((before.get(polls) ?? 0) + 1);
  }, 30_000);

  it('the lingering of a death ends by a scrape', async () => {
    const [server] = await begin('work');
    const { url } = await serve('--reap.linger=0s', '--no-watch');
    await server?.crash();
    await scrape(url);
    const samples = await scrape(url);
    expect(samples.has('tmux_server_up{server="work"}')).toBe(false);
    expect(samples.get('tmux_server_gone_total{server="work",reason="lost"}')).toBe(1);
  }, 30_000);

  it('a reload goes from one schedule to the other and back', async () => {
    await begin('work');
    const file = join(folder, 'config.yml');
    const configure = (schedule: string) => writeFile(file, `poll: {schedule: "${schedule}"}\n`);
    await configure('scrape');
    daemon = await Daemon.start({ sockets: folder, flags: [`--config.file=${file}`], schedule: null });
    const { url } = daemon;
    expect((await scrape(url)).has('tmux_exporter_poll_interval_seconds')).toBe(false);

    await configure('* * * * * *');
    daemon.kill('SIGHUP');
    await eventually('the interval of the schedule is told', async () => {
      return (await scrape(url)).get('tmux_exporter_poll_interval_seconds') === 1;
    });

    await configure('scrape');
    daemon.kill('SIGHUP');
    await eventually('no interval is told', async () => {
      return !(await scrape(url)).has('tmux_exporter_poll_interval_seconds');
    });
    const polls = 'tmux_exporter_polls_total';
    const [first, second] = [await scrape(url), await scrape(url)];
    expect((second.get(polls) ?? 0) - (first.get(polls) ?? 0)).toBe(1);
    expect(second.get('tmux_server_up{server="work"}')).toBe(1);
  }, 30_000);

  it('once polls once', async () => {
    await begin('work');
    const { code, stdout } = await cli(['once', ...daemonFlags(folder, { schedule: 'scrape' })]);
    expect([code, stdout.includes('tmux_server_up{server="work"} 1')]).toEqual([0, true]);
  }, 30_000);
});

describeWithPrometheus('A real Prometheus whose scrapes poll', () => {
  let daemon: Daemon;
  let server: TmuxServer;
  let prometheus: Prometheus;

  beforeEach(async () => {
    daemon = await Daemon.start({ schedule: 'scrape', flags: ['--poll.scrape-timeout-offset=2s'] });
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    prometheus = await Prometheus.start(daemon.url.replace('http://', ''), { scrapeSeconds: 3 });
  }, 60_000);

  afterEach(async () => {
    await prometheus.cleanup();
    await server.cleanup();
    await daemon.cleanup();
  });

  async function reads(expression: string, value: number | null): Promise<void> {
    await eventually(`${expression} is ${value}`, async () => (await prometheus.value(expression)) === value, 40_000);
  }

  it('has the values of a hang, of a death and of the return, without an error', async () => {
    await reads('tmux_server_up{server="work"}', 1);
    await server.addSession('another');
    await reads('tmux_server_sessions{server="work"}', 2);
    server.kill('SIGSTOP');
    await reads('tmux_server_state{server="work",state="unresponsive"}', 1);
    await reads('tmux_server_sessions{server="work"}', null);
    server.kill('SIGCONT');
    await reads('tmux_server_up{server="work"}', 1);
    await server.crash();
    await reads('tmux_server_up{server="work"}', 0);
    await reads('increase(tmux_server_gone_total{server="work",reason="crashed"}[1m]) > bool 0', 1);
    await server.restart();
    await reads('tmux_server_up{server="work"}', 1);
    expect(await prometheus.targets()).toEqual([{ health: 'up', lastError: '' }]);
    expect(await prometheus.value('min_over_time(up{job="tmux-exporter"}[5m])')).toBe(1);
    expect(await prometheus.value('count(tmux_exporter_poll_interval_seconds)')).toBeNull();
  }, 200_000);
});
