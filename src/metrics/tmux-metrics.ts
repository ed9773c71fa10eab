import type { Registry } from 'prom-client';
import { registerCounter } from './instrument.ts';

/** Counts the tmux clients that were run. */
export interface TmuxMetrics {
  /** A client ended; `failed` unless it ended in good order. */
  ran(command: string, failed: boolean): void;
}

/** Registers the counters of tmux clients; `commands` are the tmux commands that are run. */
export function registerTmuxMetrics(registry: Registry, commands: readonly string[]): TmuxMetrics {
  const label = { label: 'command', values: commands };
  const ran = registerCounter(registry, {
    name: 'tmux_exporter_tmux_commands_total',
    help: 'tmux clients that were run.',
    ...label,
  });
  const failed = registerCounter(registry, {
    name: 'tmux_exporter_tmux_command_failures_total',
    help: 'tmux clients that failed, also because their server was gone.',
    ...label,
  });
  return {
    ran: (command, hasFailed) => {
      ran.add(command);
      failed.add(command, hasFailed ? 1 : 0);
    },
  };
}
