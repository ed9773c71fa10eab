import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { Prometheus } from '../support/world/prometheus.ts';

const describeWithPrometheus = isInstalled('prometheus') ? describe : describe.skip;

describeWithPrometheus('A real Prometheus that scrapes the daemon', () => {
  let daemon: Daemon;
  let server: TmuxServer;
  let prometheus: Prometheus;

  beforeAll(async () => {
    daemon = await Daemon.start();
    server = await TmuxServer.start({
      folder: daemon.sockets,
      name: 'work',
      sessions: ['a "quoted" one', 'back\\slash'],
    });
    prometheus = await Prometheus.start(daemon.url.replace('http://', ''));
  }, 60_000);

  afterAll(async () => {
    await prometheus.cleanup();
    await server.cleanup();
    await daemon.cleanup();
  });

  async function reads(expression: string, value: number | null): Promise<void> {
    await eventually(`${expression} is ${value}`, async () => (await prometheus.value(expression)) === value, 15_000);
  }

  it('has the values of a death and of the return, without an error', async () => {
    await reads('tmux_server_up{server="work"}', 1);
    await reads('tmux_server_sessions{server="work"}', 2);
    await reads('count(tmux_session_windows{session="a \\"quoted\\" one"})', 1);
    // tmux itself doubles a backslash in the name of a session.
    await reads('count(tmux_session_windows{session="back\\\\\\\\slash"})', 1);
    await reads('tmux_server_gone_total{server="work",reason="crashed"}', 0);
    await server.crash();
    await reads('tmux_server_up{server="work"}', 0);
    await reads('tmux_server_sessions{server="work"}', null);
    await reads('increase(tmux_server_gone_total{server="work",reason="crashed"}[1m]) > bool 0', 1);
    await reads('time() - max_over_time(tmux_server_gone_timestamp_seconds{server="work"}[1m]) < bool 60', 1);
    await server.restart();
    await reads('tmux_server_up{server="work"}', 1);
    expect(await prometheus.targets()).toEqual([{ health: 'up', lastError: '' }]);
    expect(await prometheus.value('min_over_time(up{job="tmux-exporter"}[5m])')).toBe(1);
  }, 90_000);
});
