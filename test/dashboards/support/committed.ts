import { readdirSync, readFileSync } from 'node:fs';
import type {
  AnnotationQuery,
  Dashboard,
  DashboardLink,
  Panel,
  RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';

/** A dashboard as its file has it. */
export interface CommittedDashboard extends Dashboard {
  readonly name: string;
}

/** A query of a panel or of a mark. */
export interface Target {
  /** Its place, for messages. */
  readonly place: string;
  readonly query: Dataquery;
  /** The panel that it is of; null for a mark. */
  readonly panel: Panel | null;
}

/** The dashboards that are provisioned, as they are committed. */
export function committedDashboards(): CommittedDashboard[] {
  const folder = new URL('../../../dashboards/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((file) => ({
    ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Dashboard),
    name: file.replace('.json', ''),
  }));
}

/** Every panel of a dashboard, also those in rows, and no row. */
export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

/** The rows of a dashboard. */
export function rowsOf({ panels = [] }: Dashboard): RowPanel[] {
  return panels.filter(isRow);
}

/** Its marks. */
export function marksOf({ annotations }: Dashboard): AnnotationQuery[] {
  return annotations.list ?? [];
}

/** Every query of a dashboard: of its panels, and of its marks. */
export function targetsOf(dashboard: Dashboard): Target[] {
  const ofPanels = panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({ ...placed(`${panel.title}`, target as Dataquery), panel })),
  );
  const ofMarks = marksOf(dashboard).flatMap(({ name, target }) =>
    target ? [{ ...placed(`mark ${name}`, target as Dataquery), panel: null }] : [],
  );
  return [...ofPanels, ...ofMarks];
}

/** The expression that the query of a variable has; null if it has none. */
export function expressionOfVariable(query: string): string | null {
  const [, ofLabels, ofResult] = /^(?:label_values\((.+), \w+\)|query_result\((.+)\))$/.exec(query) ?? [];
  return ofLabels ?? ofResult ?? null;
}

/** The links of a panel's fields, of its defaults and of its overrides. */
export function fieldLinksOf({ fieldConfig }: Panel): DashboardLink[] {
  const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.flatMap(({ id, value }) => (id === 'links' ? (value as DashboardLink[]) : [])),
  );
  return [...(fieldConfig?.defaults.links ?? []), ...overridden];
}

function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === 'row';
}

function placed(place: string, query: Dataquery): { place: string; query: Dataquery } {
  return { place: `${place}, ${query.refId}`, query };
}
