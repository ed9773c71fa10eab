import type { Dashboard, Panel, RowPanel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';

/** A dashboard in the form for Grafana's import form and its public catalogue. */
export interface ImportCopy extends Dashboard {
  /** The inputs that the form asks for. */
  readonly __inputs: readonly unknown[];
  readonly __elements: Readonly<Record<string, never>>;
  /** Grafana and the plugins that are required. */
  readonly __requires: readonly { type: string; id: string; name: string; version: string }[];
}

const INPUT = 'DS_PROMETHEUS';

const OLDEST_GRAFANA = '10.0.0';

/** Names of the panel types, from Grafana's list of plugins. */
const PLUGINS: Readonly<Record<string, string>> = {
  bargauge: 'Bar gauge',
  stat: 'Stat',
  'state-timeline': 'State timeline',
  table: 'Table',
  timeseries: 'Time series',
};

/** Makes the copy to import by hand. It asks for the data source, which a provisioned file cannot do. */
export function forImport(dashboard: Dashboard): ImportCopy {
  const { list = [] } = dashboard.templating;
  return {
    __inputs: [
      {
        name: INPUT,
        label: 'Prometheus',
        description: 'The Prometheus that scrapes tmux-exporter.',
        type: 'datasource',
        pluginId: 'prometheus',
        pluginName: 'Prometheus',
      },
    ],
    __elements: {},
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: OLDEST_GRAFANA },
      { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
      ...panelTypes(dashboard.panels ?? []).map((id) => ({ type: 'panel', id, name: nameOf(id), version: '' })),
    ],
    ...dashboard,
    id: null,
    templating: { list: list.map(asked) },
  };
}

function asked(variable: VariableModel): VariableModel {
  if (variable.name !== 'datasource') return variable;
  return { ...variable, current: { text: `\${${INPUT}}`, value: `\${${INPUT}}` } };
}

function panelTypes(panels: readonly (Panel | RowPanel)[]): string[] {
  const all = panels.flatMap((panel) => ('panels' in panel ? panel.panels : [panel]));
  return [...new Set(all.map(({ type }) => type))].sort();
}

function nameOf(id: string): string {
  const name = PLUGINS[id];
  if (name === undefined) throw new Error(`expected a panel type of ${Object.keys(PLUGINS).join(', ')}, found ${id}`);
  return name;
}
