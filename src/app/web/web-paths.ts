import { prefixOf } from '../../config/kind/address.ts';
import type { Config } from '../../config/schema.ts';
import type { WebPaths } from '../../http/paths.ts';

type WebConfig = Pick<Config['web'], 'externalUrl' | 'routePrefix' | 'telemetryPath' | 'allowedHosts'>;

/** The paths of a configuration. The prefix defaults to the path of the external URL, as in Prometheus. */
export function webPathsOf({ externalUrl, routePrefix, telemetryPath }: WebConfig): WebPaths {
  const prefix = routePrefix ?? (externalUrl === null ? '' : prefixOf(externalUrl));
  return { prefix, telemetry: telemetryPath };
}

/** Names in addition to the local ones that the Host header may contain on loopback: a proxy may pass on the host of the external URL. */
export function hostsOf({ externalUrl, allowedHosts }: WebConfig): readonly string[] {
  if (externalUrl === null) return allowedHosts;
  return [...allowedHosts, new URL(externalUrl).hostname.replace(/^\[(.*)\]$/, '$1')];
}
