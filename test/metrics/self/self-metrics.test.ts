import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EventDraft, TmuxEvent } from '../../../src/core/event/event.ts';
import { stampEvent } from '../../../src/core/event/event-log.ts';
import type { Registration } from '../../../src/core/model/server.ts';
import type { FleetView } from '../../../src/core/record/view.ts';
import { goneDraft, unregisteredDraft } from '../../../src/core/wording/draft.ts';
import type { SelfMetrics } from '../../../src/metrics/self/self-metrics.ts';
import { sampleSelfMetrics } from '../../support/daemon/self-metrics.ts';
import { expositionOf, scrapeBody } from '../../support/judges/expositions.ts';
import { viewOf } from '../../support/sample/fleet.ts';
import { DEAD, failed, NOW, sampleDeath, upRecord } from '../../support/sample/sample.ts';

function eventOf(draft: EventDraft): TmuxEvent {
  return stampEvent(draft, 'e-1', NOW, { host: 'box', bootId: null });
}

function deathOf(registration: Registration): TmuxEvent {
  return eventOf(goneDraft(upRecord(undefined, { registration }), sampleDeath('crashed'), failed('refused', DEAD)));
}

describe('The metrics about the daemon itself', () => {
  let self: SelfMetrics;
  let view: FleetView;

  beforeEach(() => {
    self = sampleSelfMetrics();
    view = viewOf([upRecord()]);
  });

  async function samples(pattern: RegExp): Promise<string[]> {
    const body = (
      await scrapeBody(
        expositionOf(() => view, self),
        'text',
      )
    ).toString();
    return body.split('\n').filter((line) => !line.startsWith('#') && pattern.test(line));
  }

  it('show the versions', async () => {
    expect(await samples(/build_info/)).toEqual(['tmux_exporter_build_info{version="1.2.3",node_version="v24.0.0"} 1']);
  });

  it('count deaths by reason', async () => {
    self.observe(deathOf('static'));
    expect(await samples(/servers_reaped/)).toEqual([
      'tmux_exporter_servers_reaped_total{reason="exited"} 0',
      'tmux_exporter_servers_reaped_total{reason="crashed"} 1',
      'tmux_exporter_servers_reaped_total{reason="replaced"} 0',
      'tmux_exporter_servers_reaped_total{reason="rebooted"} 0',
      'tmux_exporter_servers_reaped_total{reason="lost"} 0',
    ]);
  });

  it('keep the poll failures of a configured server that died', async () => {
    self.pollFailures.failed('work', 'parse');
    self.observe(deathOf('static'));
    expect(await samples(/poll_failures.*parse/)).toEqual([
      'tmux_server_poll_failures_total{server="work",reason="parse"} 1',
    ]);
  });

  it.each<[string, () => TmuxEvent]>([
    ['a discovered server that died', () => deathOf('discovered')],
    ['a server that was unregistered', () => eventOf(unregisteredDraft(upRecord()))],
  ])('begin the poll failures of %s at zero again', async (_, event) => {
    self.pollFailures.failed('work', 'parse');
    self.observe(event());
    expect(await samples(/poll_failures.*parse/)).toEqual([
      'tmux_server_poll_failures_total{server="work",reason="parse"} 0',
    ]);
  });

  it('show the polls, and nothing before the first', async () => {
    const polls = /exporter_polls?_/;
    expect(await samples(polls)).toEqual(['tmux_exporter_polls_total 0', 'tmux_exporter_polls_skipped_total 0']);
    self.polls.ended({ durationMs: 12.5, endedAt: NOW, intervalMs: 5000 });
    self.polls.skipped();
    expect(await samples(polls)).toEqual([
      'tmux_exporter_polls_total 1',
      'tmux_exporter_polls_skipped_total 1',
      'tmux_exporter_poll_duration_seconds 0.0125',
      'tmux_exporter_poll_interval_seconds 5',
      `tmux_exporter_poll_last_success_timestamp_seconds ${NOW / 1000}`,
    ]);
  });

  it('show no interval if scrapes poll, even after a schedule did', async () => {
    self.polls.ended({ durationMs: 12.5, endedAt: NOW, intervalMs: 5000 });
    self.polls.ended({ durationMs: 12.5, endedAt: NOW, intervalMs: null });
    expect(await samples(/poll_interval/)).toEqual([]);
  });

  it('count the commands on tmux servers', async () => {
    self.tmux.ran('list-panes', false);
    self.tmux.ran('list-panes', true);
    expect(await samples(/tmux_command/)).toEqual([
      'tmux_exporter_tmux_commands_total{command="list-panes"} 2',
      'tmux_exporter_tmux_commands_total{command="list-clients"} 0',
      'tmux_exporter_tmux_command_failures_total{command="list-panes"} 1',
      'tmux_exporter_tmux_command_failures_total{command="list-clients"} 0',
    ]);
  });

  it('keep the time of the configuration in force when a later one is bad', async () => {
    self.config.loaded(NOW);
    self.config.failed();
    expect(await samples(/config/)).toEqual([
      'tmux_exporter_config_last_reload_successful 0',
      `tmux_exporter_config_last_reload_timestamp_seconds ${NOW / 1000}`,
    ]);
  });

  it('show the last runs of the collectors, and nothing of one that is turned off', async () => {
    expect(await samples(/collector/)).toEqual([]);
    self.collectors.ended({ collector: 'process', durationMs: 20, problem: null });
    self.collectors.ended({ collector: 'process', durationMs: 15, problem: 'off: there is no /proc to read' });
    expect(await samples(/collector/)).toEqual([
      'tmux_exporter_collector_success{collector="process"} 0',
      'tmux_exporter_collector_duration_seconds{collector="process"} 0.015',
    ]);
    self.collectors.reset();
    expect(await samples(/collector/)).toEqual([]);
  });

  it('count what the feed does', async () => {
    self.feed.connected();
    self.feed.connected();
    self.feed.disconnected();
    self.feed.delivered('server-gone', 3);
    self.feed.replayed(7);
    self.feed.dropped('slow');
    self.feed.gap('evicted');
    expect(await samples(/feed_(?!events)|"server-gone"/)).toEqual([
      'tmux_exporter_feed_clients 1',
      'tmux_exporter_feed_events_total{type="server-gone"} 3',
      'tmux_exporter_feed_replayed_total 7',
      'tmux_exporter_feed_dropped_total{reason="slow"} 1',
      'tmux_exporter_feed_gaps_total{reason="evicted"} 1',
    ]);
  });

  it('show the process', async () => {
    const names = (await samples(/^process_/)).map((line) => line.split(' ')[0]);
    expect(names).toContain('process_cpu_seconds_total');
    expect(names).toContain('process_resident_memory_bytes');
    expect(names).toContain('process_start_time_seconds');
  });
});
