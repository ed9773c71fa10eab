import { Counter, type Registry } from 'prom-client';

/** Registers the counter of log lines that stderr did not take. */
export function registerLogMetrics(registry: Registry, dropped: () => number): void {
  new Counter({
    name: 'tmux_exporter_log_lines_dropped_total',
    help: 'Log lines that were dropped because stderr did not take them, as with a full disk or a pipe that nobody reads.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(dropped());
    },
  });
}
