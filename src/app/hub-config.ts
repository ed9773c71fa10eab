import type { Config } from '../config/schema.ts';

/** The configuration of a daemon that is only a hub: it need not say so itself. */
export function asHub(config: Config): Config {
  return { ...config, hub: { ...config.hub, enabled: true } };
}
