import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { exporter } from './exporter.ts';
import { fleet } from './fleet.ts';
import { forImport } from './import-copy.ts';
import { server } from './server.ts';

/** A generated file: its path below `dashboards/`, and its text. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Makes all generated files: each dashboard for provisioning, and a copy to import by hand. */
export function generatedFiles(): GeneratedFile[] {
  return dashboards().flatMap(({ name, dashboard }) => [
    { path: `${name}.json`, text: json(dashboard) },
    { path: `import/${name}.json`, text: json(forImport(dashboard)) },
  ]);
}

/** The dashboards by their names. */
export function dashboards(): { name: string; dashboard: Dashboard }[] {
  return [
    { name: 'fleet', dashboard: fleet() },
    { name: 'server', dashboard: server() },
    { name: 'exporter', dashboard: exporter() },
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
