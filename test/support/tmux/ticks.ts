import type { Daemon } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';

/** Settles when a daemon has ended this many ticks more. */
export async function ticks(daemon: Daemon, count: number): Promise<void> {
  const ended = async () => (await daemon.sample('tmux_exporter_polls_total')) ?? 0;
  const until = (await ended()) + count;
  await eventually(`${count} more ticks`, async () => (await ended()) >= until, 30_000);
}
