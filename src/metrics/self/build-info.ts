import { Gauge, type Registry } from 'prom-client';

/** The versions of the exporter and of Node. */
export interface Build {
  readonly version: string;
  /** `process.version`. */
  readonly nodeVersion: string;
}

/** Registers the version of the exporter and of the Node it runs on. */
export function registerBuildInfo(registry: Registry, { version, nodeVersion }: Build): void {
  const info = new Gauge({
    name: 'tmux_exporter_build_info',
    help: 'Version of tmux-exporter, and of the Node that it runs on.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  });
  info.set({ version, node_version: nodeVersion }, 1);
}
