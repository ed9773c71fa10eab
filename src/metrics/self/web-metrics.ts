import type { Registry } from 'prom-client';
import { registerCounter } from './instrument.ts';

/** Why requests were refused at the door. */
const REFUSALS = ['missing', 'wrong', 'forbidden', 'limited', 'busy'] as const;

/** Why connections were cut. */
const CUTS = ['pipelined', 'stalled', 'unread_body', 'crowded'] as const;

/** Counts what the HTTP server turned away. */
export interface WebMetrics {
  refused(reason: (typeof REFUSALS)[number]): void;
  cut(reason: (typeof CUTS)[number]): void;
}

/** Registers the metrics of the HTTP server. */
export function registerWebMetrics(registry: Registry): WebMetrics {
  const refused = registerCounter(registry, {
    name: 'tmux_exporter_web_logins_failed_total',
    help: 'Requests without a login that they needed, with a wrong one, with a token of another scope, or while too many had failed or were being checked.',
    label: 'reason',
    values: REFUSALS,
  });
  const cut = registerCounter(registry, {
    name: 'tmux_exporter_web_connections_cut_total',
    help: 'HTTP connections that were cut: too many requests waited, the client took nothing of an answer, it went on sending a body that was not wanted, or all clients together had too many connections or left too much unread.',
    label: 'reason',
    values: CUTS,
  });
  return { refused: (reason) => refused.add(reason), cut: (reason) => cut.add(reason) };
}
