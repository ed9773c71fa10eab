import { STATES } from './mapping.ts';
import { ofExporter, ofServer, ofSession } from './query.ts';

/** The number of each server's state. A server that is no longer registered counts as gone while it is still shown. */
export function serverStates(): string {
  const states = STATES.map(
    ({ code, state }) => `(${ofServer('tmux_server_state', `state="${state}"`)} == 1) * ${code}`,
  ).join(' or ');
  return `max by (instance, server) (${states}) or max by (instance, server) (${ofServer('tmux_server_up')} == 0) + 4`;
}

/** The number of servers in a state. */
export function serversIn(state: string): string {
  return `sum(${ofServer('tmux_server_state', `state="${state}"`)})`;
}

const GONE = ofServer('tmux_server_gone_timestamp_seconds');

/** The number of servers that died in the last 24 hours, including those that are back. It uses the time of the death, so that a first death counts, and one before a restart of the exporter. */
export function goneInADay(): string {
  return `count(max by (instance, server) (max_over_time(${GONE}[24h])) > time() - 86400)`;
}

/** Every death in the time shown, as one row each. The label `when` is its time in milliseconds; for Prometheus before 3 it has to be the last label. The gauge only holds the last death, so the query reads its past. */
export function deaths(): string {
  return `last_over_time(${deathsOf(`${GONE} * 1000 > $__from`)}[$__range:$__interval])`;
}

/** The number of deaths in the time shown. */
export function goneInRange(): string {
  return `count(${deaths()})`;
}

/** The value of an expression by instance and server just before each death in the time shown. */
export function justBefore(expression: string): string {
  const isNew = `(${GONE} > (${GONE} offset $__rate_interval or ${GONE} * 0)) * 1000 > $__from`;
  return `last_over_time((${deathsOf(isNew)} * on (instance, server) group_left () (${expression}))[$__range:$__interval])`;
}

/** The value of a server gauge just before each death in the time shown. */
export function heldBefore(gauge: string): string {
  return justBefore(`max by (instance, server) (${ofServer(gauge)} offset $__rate_interval)`);
}

/** How long each server had run when it died. */
export function livedBefore(): string {
  const start = `max by (instance, server) (${ofServer('tmux_server_start_time_seconds')} offset $__rate_interval)`;
  return justBefore(`max by (instance, server) (${GONE}) - ${start}`);
}

function deathsOf(milliseconds: string): string {
  return `count_values by (instance, server, reason, cause) ("when", ${milliseconds})`;
}

/** The greatest value of a gauge of sessions, by session. */
export function bySession(gauge: string, ...matchers: readonly string[]): string {
  return `max by (instance, server, session) (${ofSession(gauge, ...matchers)})`;
}

/** How long ago a time of sessions was. */
export function agoBySession(gauge: string): string {
  return `time() - ${bySession(gauge)}`;
}

/** The CPU seconds per second of each session. */
export function cpuBySession(): string {
  return `sum by (instance, server, session) (rate(${ofSession('tmux_session_process_cpu_seconds_total')}[$__rate_interval]))`;
}

/** The ten sessions that used most CPU over the whole time shown. A plain topk() would choose anew at each step, and draw many more. */
export function cpuOfTopSessions(): string {
  const used = `increase(${ofSession('tmux_session_process_cpu_seconds_total')}[$__range] @ end())`;
  return `${cpuBySession()} and topk(10, sum by (instance, server, session) (${used}))`;
}

/** The ten sessions that held most memory at any time shown. */
export function memoryOfTopSessions(): string {
  const held = `max_over_time(${ofSession('tmux_session_process_resident_memory_bytes')}[$__range] @ end())`;
  return `${bySession('tmux_session_process_resident_memory_bytes')} and topk(10, max by (instance, server, session) (${held}))`;
}

/** How long ago the last poll of all servers ended, by exporter. */
export function pollAge(): string {
  return `time() - max by (instance) (${ofExporter('tmux_exporter_poll_last_success_timestamp_seconds')})`;
}

/** The increase of a counter between two points of a graph, by some labels. */
export function happened(selector: string, ...labels: readonly string[]): string {
  return `sum by (${labels.join(', ')}) (increase(${selector}[$__rate_interval]))`;
}
