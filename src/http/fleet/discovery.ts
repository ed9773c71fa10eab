import { portOf } from '../../core/exporter-url.ts';
import type { FleetHost } from '../../core/fleet/fleet.ts';

/** A group of targets of Prometheus, https://prometheus.io/docs/prometheus/latest/http_sd/. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const METRICS = '/metrics';

/** The targets of all hosts that say at which URL they are reached, and have not left. */
export function targetGroups(hosts: readonly FleetHost[]): TargetGroup[] {
  return hosts.flatMap((host) => (host.state === 'left' ? [] : targetOf(host)));
}

function targetOf({ name, host, version, state, lastSeen, advertise }: FleetHost): TargetGroup[] {
  const url = advertise === null ? null : URL.parse(advertise);
  if (!url || !/^https?:$/.test(url.protocol)) return [];
  const labels = {
    __meta_tmux_name: name,
    __meta_tmux_host: host,
    __meta_tmux_version: version,
    __meta_tmux_state: state,
    __meta_tmux_last_seen: String(Math.floor(lastSeen / 1_000)),
    __scheme__: url.protocol.slice(0, -1),
    ...metricsPathOf(url),
  };
  return [{ targets: [`${url.hostname}:${portOf(url)}`], labels }];
}

/** The URL is that of the exporter, or that of its metrics. */
function metricsPathOf({ pathname }: URL): Readonly<Record<string, string>> {
  const path = pathname.replace(/\/+$/, '');
  if (path === '') return {};
  return { __metrics_path__: path.endsWith(METRICS) ? path : `${path}${METRICS}` };
}
