import type { Registry } from 'prom-client';
import { registerCounter } from './instrument.ts';

/** Counts the commands that were run on tmux servers. */
export interface TmuxMetrics {
  /** A command ended, successfully or not. */
  ran(command: string, failed: boolean): void;
}

/** Registers the counters of commands. `commands` are all that can be run. */
export function registerTmuxMetrics(registry: Registry, commands: readonly string[]): TmuxMetrics {
  const label = { label: 'command', values: commands };
  const ran = registerCounter(registry, {
    name: 'tmux_exporter_tmux_commands_total',
    help: 'Commands that were run on tmux servers.',
    ...label,
  });
  const failed = registerCounter(registry, {
    name: 'tmux_exporter_tmux_command_failures_total',
    help: 'Commands on tmux servers that failed; those on a dead server count, too.',
    ...label,
  });
  return {
    ran: (command, hasFailed) => {
      ran.add(command);
      if (hasFailed) failed.add(command);
    },
  };
}
