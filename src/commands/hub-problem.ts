import type { LoadedConfiguration } from './configuration.ts';

/** Why a configuration is none of a hub; null if it is one. */
export function hubProblem({ config }: LoadedConfiguration): string | null {
  if (config.bus.servers.length > 0) return null;
  return 'bus.servers: expected the servers of the bus that a hub reads, such as tls://n1.example.org:4222, found none: name them in the configuration file, with --bus.servers or in TMUX_EXPORTER_BUS_SERVERS';
}
