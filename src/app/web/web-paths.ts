import { prefixOf } from '../../config/kind/address.ts';
import type { Config } from '../../config/schema.ts';
import type { WebPaths } from '../../http/paths.ts';

type WebConfig = Pick<Config['web'], 'externalUrl' | 'routePrefix' | 'telemetryPath' | 'allowedHosts'>;

/** Where everything is. Without a prefix of its own it is the path of the external URL, as with Prometheus. */
export function webPathsOf({ externalUrl, routePrefix, telemetryPath }: WebConfig): WebPaths {
  const prefix = routePrefix ?? (externalUrl === null ? '' : prefixOf(externalUrl));
  return { prefix, telemetry: telemetryPath };
}

/** The names that the Host header may hold on loopback besides the local ones: a proxy may pass on that of the external URL. */
export function hostsOf({ externalUrl, allowedHosts }: WebConfig): readonly string[] {
  if (externalUrl === null) return allowedHosts;
  return [...allowedHosts, new URL(externalUrl).hostname.replace(/^\[(.*)\]$/, '$1')];
}
