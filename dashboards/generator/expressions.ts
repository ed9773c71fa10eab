import { STATES } from './mapping.ts';
import { FEW_HOSTS, MANY_HOSTS, ofExporter, ofHubs, ofServer, ofSession, recorded } from './query.ts';

/** The number of each server's state. A server that is no longer registered counts as gone while it is still shown. */
export function serverStates(...matchers: readonly string[]): string {
  const states = STATES.map(
    ({ code, state }) => `(${ofServer('tmux_server_state', `state="${state}"`, ...matchers)} == 1) * ${code}`,
  ).join(' or ');
  return `max by (cluster, instance, server) (${states}) or max by (cluster, instance, server) (${ofServer('tmux_server_up', ...matchers)} == 0) + 4`;
}

/** The number of servers in a state. */
export function serversIn(state: string): string {
  const ofState = `state="${state}"`;
  return `${total('tmux_server_state', ofState)} or sum(${recorded('instance:tmux_servers:count', ofState)})`;
}

/** The sum of a gauge of servers over all of them, if these are few. */
export function total(gauge: string, ...matchers: readonly string[]): string {
  return `sum(${ofServer(gauge, FEW_HOSTS, ...matchers)})`;
}

/** The sum of a gauge of servers over all of them, by a recording rule if these are many. */
export function totalOrRecorded(gauge: string): string {
  return `${total(gauge)} or sum(${recorded(`instance:${gauge}:sum`)})`;
}

/** When each server last died. */
function goneAt(...matchers: readonly string[]): string {
  return ofServer('tmux_server_gone_timestamp_seconds', ...matchers);
}

/** Every server that died in the last 24 hours, if these are few, including those that are back. It uses the time of the death, so that a first death counts, and one before a restart of the exporter. */
export function goneInADay(): string {
  return `max by (cluster, instance, server) (max_over_time(${goneAt(FEW_HOSTS)}[24h])) > time() - 86400`;
}

/** Every death in the time shown, as one row each. The label `when` is its time in milliseconds; for Prometheus before 3 it has to be the last label. The gauge only holds the last death, so the query reads its past. */
export function deaths(...matchers: readonly string[]): string {
  return `last_over_time(${deathsOf(`${goneAt(...matchers)} * 1000 > $__from`)}[$__range:$__interval])`;
}

/** The last death of each server if many exporters are chosen, of those in the time shown. The past of as many series would take too long. */
export function lastDeaths(): string {
  return deathsOf(`${goneAt(MANY_HOSTS)} * 1000 > $__from`);
}

/** The number of deaths in the time shown. */
export function goneInRange(): string {
  return `count(${deaths()})`;
}

/** The value of an expression by instance and server just before each death in the time shown. */
export function justBefore(expression: string, ...matchers: readonly string[]): string {
  const gone = goneAt(...matchers);
  const isNew = `(${gone} > (${gone} offset $__rate_interval or ${gone} * 0)) * 1000 > $__from`;
  return `last_over_time((${deathsOf(isNew)} * on (cluster, instance, server) group_left () (${expression}))[$__range:$__interval])`;
}

/** The value of a server gauge just before each death in the time shown. */
export function heldBefore(gauge: string, ...matchers: readonly string[]): string {
  const held = `max by (cluster, instance, server) (${ofServer(gauge, ...matchers)} offset $__rate_interval)`;
  return justBefore(held, ...matchers);
}

/** How long each server had run when it died. */
export function livedBefore(...matchers: readonly string[]): string {
  const started = ofServer('tmux_server_start_time_seconds', ...matchers);
  const start = `max by (cluster, instance, server) (${started} offset $__rate_interval)`;
  return justBefore(`max by (cluster, instance, server) (${goneAt(...matchers)}) - ${start}`, ...matchers);
}

function deathsOf(milliseconds: string): string {
  return `count_values by (cluster, instance, server, reason, cause) ("when", ${milliseconds})`;
}

/** The greatest value of a gauge of sessions, by session. */
export function bySession(gauge: string, ...matchers: readonly string[]): string {
  return `max by (cluster, instance, server, session) (${ofSession(gauge, ...matchers)})`;
}

/** How long ago a time of sessions was. */
export function agoBySession(gauge: string, ...matchers: readonly string[]): string {
  return `time() - ${bySession(gauge, ...matchers)}`;
}

/** The CPU seconds per second of each session. */
export function cpuBySession(): string {
  return `sum by (cluster, instance, server, session) (rate(${ofSession('tmux_session_process_cpu_seconds_total')}[$__rate_interval]))`;
}

/** The ten sessions that used most CPU over the whole time shown. A plain topk() would choose anew at each step, and draw many more. */
export function cpuOfTopSessions(): string {
  const used = `increase(${ofSession('tmux_session_process_cpu_seconds_total')}[$__range] @ end())`;
  return `${cpuBySession()} and topk(10, sum by (cluster, instance, server, session) (${used}))`;
}

/** The ten sessions that held most memory at any time shown. */
export function memoryOfTopSessions(): string {
  const held = `max_over_time(${ofSession('tmux_session_process_resident_memory_bytes')}[$__range] @ end())`;
  return `${bySession('tmux_session_process_resident_memory_bytes')} and topk(10, max by (cluster, instance, server, session) (${held}))`;
}

/** Whether each exporter could be scraped. A hub is a target, too, but no exporter unless it polls servers. */
export function exporterTargets(): string {
  const hub = `last_over_time(${ofHubs('tmux_fleet_source_up')}[1d])`;
  const exporter = `last_over_time(${ofExporter('tmux_exporter_registered_servers')}[1d])`;
  return `${ofExporter('up')} unless on (job, instance) (${hub} unless on (job, instance) ${exporter})`;
}

/** How long ago the last poll of all servers ended, by exporter. */
export function pollAge(): string {
  return `time() - max by (cluster, instance) (${ofExporter('tmux_exporter_poll_last_success_timestamp_seconds')})`;
}

/** The increase of a counter between two points of a graph, by some labels. */
export function happened(selector: string, ...labels: readonly string[]): string {
  return `sum by (${labels.join(', ')}) (increase(${selector}[$__rate_interval]))`;
}
