import type { DataFrame, Field } from '@grafana/data';

/** A series of an answer of Prometheus. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds, and the value. */
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** What Prometheus answered to a query. */
export interface Answer {
  readonly refId: string;
  readonly format: 'table' | 'time_series';
  readonly legend: string;
  readonly series: readonly AnsweredSeries[];
}
export type Answers = readonly Answer[];

/** Makes data frames of answers, as the Prometheus data source of Grafana does: a frame for each series, or one for each table. */
export function framesOf(answers: Answers): DataFrame[] {
  const tables = answers.filter(({ format, series }) => format === 'table' && series.length > 0);
  return [
    ...tables.map((answer) => tableFrame(answer, tables.length)),
    ...answers
      .filter(({ format }) => format !== 'table')
      .flatMap(({ refId, legend, series }) => series.map((each) => seriesFrame(refId, legend, each))),
  ];
}

function tableFrame({ refId, series }: Answer, tables: number): DataFrame {
  const names = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const rows = series.flatMap(({ labels, points }) => points.map(([time, value]) => ({ labels, time, value })));
  return {
    refId,
    length: rows.length,
    fields: [
      field(
        'Time',
        'time',
        rows.map(({ time }) => time * 1000),
      ),
      ...names.map((name) =>
        field(
          name,
          'string',
          rows.map(({ labels }) => labels[name] ?? ''),
        ),
      ),
      field(
        tables > 1 ? `Value #${refId}` : 'Value',
        'number',
        rows.map(({ value }) => value),
      ),
    ],
  };
}

function seriesFrame(refId: string, legend: string, { labels, points }: AnsweredSeries): DataFrame {
  const name = legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  const value = field(
    'Value',
    'number',
    points.map(([, each]) => each),
  );
  return {
    refId,
    name,
    length: points.length,
    fields: [
      field(
        'Time',
        'time',
        points.map(([time]) => time * 1000),
      ),
      { ...value, labels: { ...labels }, config: name === '' ? {} : { displayNameFromDS: name } },
    ],
  };
}

function field(name: string, type: 'time' | 'string' | 'number', values: unknown[]): Field {
  return { name, type: type as Field['type'], config: {}, values };
}
