import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Series } from './source.ts';

const RENDER = new URL('../../../dashboards/render/', import.meta.url);

/** Whether the libraries of Grafana are installed. They are heavy, so they have a package of their own: `npm ci --prefix dashboards/render`. */
export const hasGrafana = existsSync(new URL('node_modules/@grafana/data/package.json', RENDER));

/** What the libraries of Grafana make of a panel and its answers. */
export interface Finding {
  readonly title: string;
  /** The headings of the columns that are shown. */
  readonly columns: readonly string[];
  /** The rows of a table, as they are written. */
  readonly rows: readonly (readonly string[])[];
  /** Names that no column has, links without a value, units that Grafana does not know. */
  readonly problems: readonly string[];
  /** Every link, as the first row has it. */
  readonly links: readonly string[];
}

/** A panel, and the answer to each of its queries. */
export interface AnsweredPanel {
  readonly panel: Panel;
  readonly series: readonly (readonly Series[])[];
}

/** Gives panels to the real `@grafana/data`, in a process of its own. */
export async function askGrafana(panels: readonly AnsweredPanel[]): Promise<Finding[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('judge.ts', RENDER))]);
  child.stdin.end(JSON.stringify(panels.map(question)));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(errors);
  return JSON.parse(output) as Finding[];
}

function question({ panel, series }: AnsweredPanel): object {
  const { title, type, transformations = [], fieldConfig, options } = panel;
  const targets = (panel.targets ?? []) as Dataquery[];
  const answers = targets.map(({ refId, format, legendFormat = '' }, at) => ({
    refId,
    format,
    legend: legendFormat,
    series: series[at] ?? [],
  }));
  const sortBy = ((options?.sortBy ?? []) as { displayName: string }[]).map(({ displayName }) => displayName);
  return { title, type, answers, transformations, fieldConfig, sortBy };
}
