import { Counter, type Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** One poll of all servers. */
export interface Tick {
  readonly durationMs: number;
  /** When it ended, Unix milliseconds. */
  readonly endedAt: number;
  /** Time to the next tick, in milliseconds; null if scrapes decide. */
  readonly intervalMs: number | null;
}

/** Counts polls of all servers. */
export interface PollMetrics {
  ended(tick: Tick): void;
  /** A poll was skipped because the one before still ran. */
  skipped(): void;
}

/** Registers the metrics of the polls. */
export function registerPollMetrics(registry: Registry): PollMetrics {
  const registers = [registry];
  const polls = new Counter({ name: 'tmux_exporter_polls_total', help: 'Polls of all servers.', registers });
  const skipped = new Counter({
    name: 'tmux_exporter_polls_skipped_total',
    help: 'Polls that were skipped because the one before still ran.',
    registers,
  });
  const duration = registerGauge(
    registry,
    'tmux_exporter_poll_duration_seconds',
    'How long the last poll of all servers took.',
  );
  const interval = registerGauge(
    registry,
    'tmux_exporter_poll_interval_seconds',
    'Time between two polls by the schedule; absent if scrapes poll.',
  );
  const lastSuccess = registerGauge(
    registry,
    'tmux_exporter_poll_last_success_timestamp_seconds',
    'Unix time at which the last poll of all servers ended, even if some of them did not answer.',
  );
  return {
    ended: ({ durationMs, endedAt, intervalMs }) => {
      polls.inc();
      duration.set(durationMs / 1000);
      interval.set(intervalMs === null ? Number.NaN : intervalMs / 1000);
      lastSuccess.set(endedAt / 1000);
    },
    skipped: () => skipped.inc(),
  };
}
