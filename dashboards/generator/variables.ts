import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, ofExporter, ofServer } from './query.ts';

/** A variable that chooses values of a label. */
interface Choice {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** The series that the offered values come from. */
  readonly series: string;
}

const CHOICES: readonly Choice[] = [
  {
    name: 'job',
    label: 'Job',
    description: 'The scrape job of the exporters.',
    series: 'tmux_exporter_build_info',
  },
  {
    name: 'instance',
    label: 'Instance',
    description: 'The exporters: one for each machine or user.',
    series: 'tmux_exporter_build_info{job=~"$job"}',
  },
  {
    name: 'server',
    label: 'Server',
    description: 'The tmux servers that were registered in the time shown.',
    series: ofExporter('tmux_server_up'),
  },
  {
    name: 'session',
    label: 'Session',
    description: 'The sessions that the servers had in the time shown.',
    series: ofServer('tmux_session_info'),
  },
];

/** The variables that all dashboards share, so that links carry them from one to the next. A dashboard hides those that it does not use. */
export function variables(hidden: readonly string[]): { build: () => VariableModel }[] {
  return [dataSource(), ...CHOICES.map((choice) => choose(choice, hidden.includes(choice.name)))];
}

function dataSource(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes the exporters.')
    .type('prometheus');
}

function choose({ name, label, description, series }: Choice, isHidden: boolean): QueryVariableBuilder {
  const query = `label_values(${series}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .hide(isHidden ? VariableHide.HideVariable : VariableHide.DontHide)
    .datasource(DATASOURCE)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: ['All'], value: ['$__all'] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}
