import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RECORDING_RULES } from '../dashboards/support/alert-rules.ts';
import { hubExposition, SAMPLE_HUB } from '../dashboards/support/hub-exposition.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { sampleSelfMetrics } from '../support/daemon/self-metrics.ts';
import { expositionOf, scrapeBody } from '../support/judges/expositions.ts';
import { eventually } from '../support/machine/eventually.ts';
import { viewOf } from '../support/sample/fleet.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { textOf } from './support/documents.ts';

const PAGE = textOf('docs/metrics.md');

describe('The numbers of series in docs/metrics.md', () => {
  let daemon: Daemon;
  let server: TmuxServer;
  let empty: readonly string[];

  beforeAll(async () => {
    daemon = await Daemon.start();
    await eventually('the event loop is measured', async () => linesOf(await daemon.metrics(), /^nodejs/).length === 2);
    empty = linesOf(await daemon.metrics());
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('all of it is collected', async () => {
      const text = await daemon.metrics();
      return text.includes('tmux_server_hazard{') && text.includes('tmux_session_process_open_fds{');
    });
  }, 60_000);

  afterAll(async () => {
    await server?.cleanup();
    await daemon?.cleanup();
  });

  it('are those of an exporter that has no server', () => {
    expect(empty).toHaveLength(documented('exporter'));
  });

  it('are those of a server, before and after a death, and of a session', async () => {
    const living = await daemon.metrics();
    expect(linesOf(living, /^tmux_server_/)).toHaveLength(documented('server'));
    expect(linesOf(living, /^tmux_session_/)).toHaveLength(documented('session'));
    expect(linesOf(living, /^tmux_session_process/)).toHaveLength(5);
    await server.crash();
    await eventually('it is gone', async () =>
      (await daemon.metrics()).includes('tmux_server_gone_timestamp_seconds{'),
    );
    await server.restart();
    await server.attachControl('main');
    await eventually('it is attached', async () => {
      const text = await daemon.metrics();
      return text.includes('tmux_server_hazard{') && text.includes('tmux_session_last_attached_timestamp_seconds{');
    });
    const again = await daemon.metrics();
    expect(linesOf(again, /^tmux_server_/)).toHaveLength(documented('server') + 1);
    expect(linesOf(again, /^tmux_session_/)).toHaveLength(documented('session') + 1);
  }, 60_000);

  it('are those of a bus, a receiver and an Alertmanager', async () => {
    const bus = sampleSelfMetrics();
    bus.bus.follow(() => ({ isUp: true, waiting: 0, oldestSeconds: 0 }));
    const { webhooks, ...hooked } = sampleSelfMetrics();
    const queue = { receiver: 'oncall', queued: 0, oldestSeconds: 0, failedAttempts: 0 };
    webhooks.follow(['oncall'], ['prod'], () => [queue]);
    const [plain, withBus, withHooks] = await Promise.all(
      [sampleSelfMetrics(), bus, { webhooks, ...hooked }].map(async (self) =>
        linesOf(
          (
            await scrapeBody(
              expositionOf(() => viewOf([]), self),
              'text',
            )
          ).toString(),
          /^tmux_/,
        ),
      ),
    );
    const added = (lines: readonly string[] = []) => lines.length - (plain?.length ?? 0);
    expect(added(withBus)).toBe(documented('exporter with a bus'));
    const hooks = documented('receiver of web hooks') + documented('Alertmanager that is pushed to');
    expect(added(withHooks)).toBe(hooks);
  });

  it('are those of a host at a hub', () => {
    const ofHosts = linesOf(hubExposition(SAMPLE_HUB), /^tmux_fleet_host_/);
    expect(ofHosts).toHaveLength(documented('host of a fleet') * SAMPLE_HUB.hosts.length);
  });

  it('are those that the recording rules make: the servers have five states', () => {
    const ofInstances = RECORDING_RULES.filter(({ record }) => record.startsWith('instance:'));
    expect(ofInstances.length - 1 + 5).toBe(documented('exporter with the recording rules'));
  });

  it('add up to the example', () => {
    const [own, bus, target, rules] = [
      'exporter',
      'exporter with a bus',
      'target',
      'exporter with the recording rules',
    ].map(documented);
    const all = (own ?? 0) + (bus ?? 0) + (target ?? 0) + (rules ?? 0);
    const example = all + 10 * documented('server') + 30 * (documented('session') + 1);
    expect(PAGE).toContain('10 servers and 3 sessions in each has about 950 series');
    expect(Math.round(example / 10) * 10).toBe(950);
  });
});

function documented(each: string): number {
  const [, number] = new RegExp(`^\\| ${each} \\| (\\d+) \\|`, 'm').exec(PAGE) ?? [];
  if (number === undefined) throw new Error(`docs/metrics.md has no row "${each}"`);
  return Number(number);
}

function linesOf(text: string, pattern = /^\w/): string[] {
  return text.split('\n').filter((line) => !line.startsWith('#') && pattern.test(line));
}
