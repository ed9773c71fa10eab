import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { DataFrame, DataTransformerConfig, Field, FieldConfigSource, InterpolateFunction } from '@grafana/data';
import { fieldConfigItems } from './field-config.ts';
import { type Answers, framesOf } from './frames.ts';

// Its ES modules do not load in Node.
const grafana = createRequire(import.meta.url)('@grafana/data') as typeof import('@grafana/data');

// It asks the window of a browser whether it is inside of Grafana: only once it is loaded, since with a window it would look for a document.
Object.assign(globalThis, { window: {} });

/** A panel with what Prometheus answered to its queries. */
export interface Question {
  readonly title: string;
  readonly type: string;
  readonly answers: Answers;
  readonly transformations: DataTransformerConfig[];
  readonly fieldConfig: FieldConfigSource;
  /** Headings by which the panel sorts. */
  readonly sortBy: readonly string[];
  readonly timeZone?: string;
}

/** What became of it. */
export interface Finding {
  readonly title: string;
  /** The headings of the columns that are shown, in their order. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Names in overrides, links and sortings that no column has; units that Grafana does not know. */
  readonly problems: readonly string[];
  /** Every link, as the first row has it. */
  readonly links: readonly string[];
}

const { merge, organize, convertFieldType, calculateField } = registered();

function registered() {
  const byId = Object.values(grafana.standardTransformers).map((transformer) => [transformer.id, transformer] as const);
  const pick = (id: string) => byId.find(([known]) => known === id)?.[1];
  return {
    merge: pick('merge'),
    organize: pick('organize'),
    convertFieldType: pick('convertFieldType'),
    calculateField: pick('calculateField'),
  };
}

grafana.standardTransformersRegistry.setInit(() =>
  [merge, organize, convertFieldType, calculateField].flatMap((transformation) =>
    transformation
      ? [{ id: transformation.id, name: transformation.id, transformation: async () => transformation } as never]
      : [],
  ),
);

/** Runs the transformations, overrides and links of a panel as Grafana does. */
export async function judge(question: Question): Promise<Finding> {
  const series = await transformed(framesOf(question.answers), question.transformations);
  const data = grafana.applyFieldOverrides({
    data: series,
    fieldConfig: question.fieldConfig,
    fieldConfigRegistry: new grafana.Registry(fieldConfigItems) as never,
    replaceVariables: ((written) => written) as InterpolateFunction,
    theme: grafana.createTheme(),
    timeZone: 'utc',
  });
  const [frame] = data;
  const fields = frame?.fields ?? [];
  const names = fields.map((field) => grafana.getFieldDisplayName(field, frame, data));
  const urls = fields.flatMap(({ config }) => (config.links ?? []).map(({ url }) => url));
  return {
    title: question.title,
    columns: names.filter((_, at) => !isHidden(fields[at])),
    rows: frame && question.type === 'table' ? rowsOf(frame) : [],
    problems: [...nameProblems(question, names), ...unitProblems(question), ...linkProblems(urls, frame)],
    links: urls.map((url) => written(url, frame, 0)),
  };
}

function transformed(frames: DataFrame[], transformations: DataTransformerConfig[]): Promise<DataFrame[]> {
  const { promise, resolve, reject } = Promise.withResolvers<DataFrame[]>();
  grafana.transformDataFrame(transformations, frames).subscribe({ next: resolve, error: reject });
  return promise;
}

function isHidden(field: Field | undefined): boolean {
  return (field?.config.custom as { hidden?: boolean } | undefined)?.hidden === true;
}

function rowsOf({ fields, length }: DataFrame): string[][] {
  return Array.from({ length }, (_, row) =>
    fields.map(({ values, display }) => {
      const shown = display?.(values[row]);
      return shown ? grafana.formattedValueToString(shown) : String(values[row]);
    }),
  );
}

function nameProblems({ type, fieldConfig, sortBy, transformations }: Question, names: readonly string[]): string[] {
  if (type !== 'table') return [];
  const wanted = fieldConfig.overrides.flatMap(({ matcher }) =>
    matcher.id === 'byName' ? [String(matcher.options)] : [],
  );
  const renamed = transformations.flatMap(({ options }) =>
    Object.values((options as { renameByName?: Record<string, string> }).renameByName ?? {}),
  );
  const raw = names.filter((name) => /^Value|^Time$/.test(name)).map((name) => `the column ${name} has no heading`);
  const missing = [...new Set([...wanted, ...renamed, ...sortBy])].filter((name) => !names.includes(name));
  return [...raw, ...missing.map((name) => `no column ${name}`)];
}

function unitProblems({ fieldConfig }: Question): string[] {
  const overridden = fieldConfig.overrides.flatMap(({ properties }) =>
    properties.flatMap(({ id, value }) => (id === 'unit' ? [String(value)] : [])),
  );
  const known = new Set(grafana.getValueFormats().flatMap(({ submenu }) => submenu.map(({ value }) => value)));
  return [String(fieldConfig.defaults.unit), ...overridden]
    .filter((unit) => !known.has(unit))
    .map((unit) => `no unit ${unit}`);
}

function linkProblems(urls: readonly string[], frame: DataFrame | undefined): string[] {
  const rows = Array.from({ length: frame?.length ?? 0 }, (_, row) => row);
  const left = urls.flatMap((url) => rows.map((row) => written(url, frame, row))).filter((url) => /=(&|$)/.test(url));
  return [...new Set(left)].map((url) => `a link lacks a value: ${url}`);
}

/** Writes the values of a row, or the labels of a series, into a link. What is of the dashboard stays. */
function written(url: string, frame: DataFrame | undefined, row: number): string {
  if (!frame) return url;
  const fields = grafana.getFieldDisplayValuesProxy({ frame, rowIndex: row }) as Record<
    string,
    { text: string; numeric: number } | undefined
  >;
  const labels = frame.fields.find(({ labels: own }) => own)?.labels ?? {};
  return url
    .replace(/\$\{__data\.fields\.(\w+)(\.numeric)?(?::percentencode)?\}/g, (_, name: string, numeric?: string) => {
      const value = fields[name];
      if (!value) return '';
      return encodeURIComponent(numeric ? value.numeric : value.text);
    })
    .replace(/\$\{__field\.labels\.(\w+)(?::percentencode)?\}/g, (_, name: string) =>
      encodeURIComponent(labels[name] ?? ''),
    );
}

if (import.meta.main) {
  const questions = JSON.parse(await text(process.stdin)) as Question[];
  process.stdout.write(JSON.stringify(await Promise.all(questions.map(judge))));
}
