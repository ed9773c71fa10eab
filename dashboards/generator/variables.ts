import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, ofExporter, ofServer } from './query.ts';

/** From this many exporters on, the fleet dashboard reads what the recording rules made. */
const MANY = 100;

/** A variable that chooses values of a label. */
interface Choice {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** The series that the offered values come from. */
  readonly series: string;
  /** The regular expression for all values. */
  readonly all: string;
}

const CHOICES: readonly Choice[] = [
  {
    name: 'cluster',
    label: 'Cluster',
    description: 'The label `cluster` of the targets, if they have one.',
    series: 'tmux_exporter_build_info',
    // Series without the label, too.
    all: '.*',
  },
  {
    name: 'job',
    label: 'Job',
    description: 'The scrape job of the exporters.',
    series: 'tmux_exporter_build_info{cluster=~"$cluster"}',
    all: '.+',
  },
  {
    name: 'instance',
    label: 'Instance',
    description: 'The exporters: one for each machine or user.',
    series: 'tmux_exporter_build_info{cluster=~"$cluster",job=~"$job"}',
    all: '.+',
  },
  {
    name: 'server',
    label: 'Server',
    description: 'The tmux servers that were registered in the time shown.',
    series: ofExporter('tmux_server_up'),
    all: '.+',
  },
  {
    name: 'session',
    label: 'Session',
    description: 'The sessions that the servers had in the time shown.',
    series: ofServer('tmux_session_info'),
    all: '.+',
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

function choose({ name, label, description, series, all }: Choice, isHidden: boolean): QueryVariableBuilder {
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
    .allValue(all)
    .current({ text: ['All'], value: ['$__all'] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

/** A hidden variable: how many exporters the recording rules cover, of those that are chosen; empty if these are few, or the rules are not loaded. */
export function recordedExporters(): QueryVariableBuilder {
  const query = `query_result(count(${ofExporter('instance:tmux_servers:count', 'state="up"')}) >= ${MANY})`;
  return new QueryVariableBuilder('recorded')
    .label('Recorded')
    .description(`The number of chosen exporters, from ${MANY} on: the recording rules are read then.`)
    .hide(VariableHide.HideVariable)
    .datasource(DATASOURCE)
    .query({ query, refId: 'variable-recorded' })
    .definition(query)
    .regex('/\\{\\} (\\d+)/')
    .refresh(VariableRefresh.OnTimeRangeChanged);
}
