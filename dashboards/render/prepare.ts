import {
  applyFieldOverrides,
  type DataFrame,
  type DataTransformerConfig,
  dateTime,
  type FieldConfigSource,
  type GrafanaTheme2,
  Registry,
  standardTransformers,
  standardTransformersRegistry,
  type TimeRange,
  transformDataFrame,
} from '@grafana/data';
import { fieldConfigItems } from './field-config.ts';
import { type Answers, framesOf } from './frames.ts';

/** A panel as its file has it, as far as it is drawn. */
export interface ShownPanel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly transformations?: DataTransformerConfig[];
  readonly fieldConfig: FieldConfigSource;
  // biome-ignore lint/suspicious/noExplicitAny: each type of panel has options of its own.
  readonly options: any;
  readonly answers: Answers;
}

/** A death that is marked, Unix milliseconds. */
export type Mark = number;

/** A dashboard with the answers to its queries. */
export interface Shown {
  readonly panels: readonly ShownPanel[];
  readonly marks: readonly Mark[];
  readonly range: { readonly from: number; readonly to: number };
}

/** A panel that can be drawn. */
export interface Drawn {
  readonly panel: ShownPanel;
  readonly frames: DataFrame[];
  readonly isEmpty: boolean;
  readonly marks: readonly Mark[];
  readonly range: TimeRange;
}

/** What a component that draws a panel gets. */
export interface Canvas {
  readonly drawn: Drawn;
  readonly width: number;
  readonly height: number;
  readonly theme: GrafanaTheme2;
}

const USED = ['merge', 'organize', 'convertFieldType', 'calculateField'];

standardTransformersRegistry.setInit(() =>
  Object.values(standardTransformers)
    .filter(({ id }) => USED.includes(id))
    .map(
      (transformer) => ({ id: transformer.id, name: transformer.id, transformation: async () => transformer }) as never,
    ),
);

/** Runs the transformations and overrides of a panel. */
export async function prepare(
  panel: ShownPanel,
  marks: readonly Mark[],
  { from, to }: Shown['range'],
  theme: GrafanaTheme2,
): Promise<Drawn> {
  const frames = await new Promise<DataFrame[]>((resolve, reject) =>
    transformDataFrame(panel.transformations ?? [], framesOf(panel.answers)).subscribe({
      next: resolve,
      error: reject,
    }),
  );
  const data = applyFieldOverrides({
    data: frames,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: new Registry(fieldConfigItems) as never,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
  const range = { from: dateTime(from), to: dateTime(to) };
  return {
    panel,
    frames: data,
    isEmpty: data.every(({ length }) => length === 0),
    marks,
    range: { ...range, raw: range },
  };
}
