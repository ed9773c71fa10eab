import {
  FieldTextAlignment,
  TableCellDisplayMode,
  TableCellHeight,
  TableFooterOptionsBuilder,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { byThresholds, type Level, thresholds, withLevels } from '../level.ts';
import type { DataLink } from '../links.ts';
import { type Caption, caption } from './caption.ts';

/** A column of a table: its source and its appearance. */
export interface Column {
  /** A label, `Value #A` for the value of a query, or a field made by a transformation. */
  readonly source: string;
  /** Its heading; null to leave the column out. */
  readonly title: string | null;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  /** Not shown, but available to links. */
  readonly hidden?: boolean;
  readonly link?: DataLink;
  readonly mappings?: ValueMapping[];
  readonly levels?: readonly Level[];
}

/** The options of a table: rows of several queries, joined by their labels. */
export interface Table extends Caption {
  readonly queries: readonly DataqueryBuilder[];
  readonly columns: readonly Column[];
  /** The heading of the column that the rows are sorted by, greatest first. */
  readonly sortBy: string;
  readonly ascending?: boolean;
  /** Transformations between the join and the naming of the columns. */
  readonly transformations?: readonly DataTransformerConfig[];
  readonly maxDataPoints?: number;
}

/** Makes a table. */
export function table({ queries, columns, sortBy, ascending = false, transformations = [], ...rest }: Table) {
  const { maxDataPoints, ...words } = rest;
  const levels = columns.flatMap((column) => column.levels ?? []);
  const panel = caption(new PanelBuilder(), { ...words, description: withLevels(words.description, levels) })
    .targets([...queries])
    .transformations([{ id: 'merge', options: {} }, ...transformations, organize(columns)])
    .colorScheme(byThresholds())
    .thresholds(thresholds([], 'text'))
    .minWidth(80)
    .align(FieldTextAlignment.Auto)
    .cellOptions({ type: TableCellDisplayMode.Auto })
    .cellHeight(TableCellHeight.Sm)
    .footer(new TableFooterOptionsBuilder().show(false).reducer([]))
    // Otherwise an empty cell would show the text for a panel without rows.
    .overrideByRegexp('.*', [{ id: 'noValue', value: '–' }])
    .sortBy([new TableSortByFieldStateBuilder().displayName(sortBy).desc(!ascending)]);
  if (maxDataPoints !== undefined) panel.maxDataPoints(maxDataPoints);
  for (const column of columns) {
    const properties = propertiesOf(column);
    if (column.title !== null && properties.length > 0) panel.overrideByName(column.title, properties);
  }
  return panel;
}

function organize(columns: readonly Column[]): DataTransformerConfig {
  const left = columns.filter(({ title }) => title === null);
  // The cluster tells rows of the same name apart; most tables have no room for it.
  const unnamed = columns.some(({ source }) => source === 'cluster') ? ['Time'] : ['Time', 'cluster'];
  const named = columns.filter(({ title, source }) => title !== null && title !== source);
  return {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries([...unnamed, ...left.map(({ source }) => source)].map((name) => [name, true])),
      indexByName: Object.fromEntries(columns.map(({ source }, at) => [source, at])),
      renameByName: Object.fromEntries(named.map(({ source, title }) => [source, title])),
    },
  };
}

function propertiesOf({ unit, decimals, width, hidden, link, mappings, levels }: Column): DynamicConfigValue[] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(hidden === undefined ? [] : [{ id: 'custom.hidden', value: hidden }]),
    ...(link === undefined ? [] : [{ id: 'links', value: [{ ...link, targetBlank: false }] }]),
    ...(mappings === undefined ? [] : [{ id: 'mappings', value: mappings }]),
    ...(levels === undefined ? [] : [{ id: 'thresholds', value: thresholds(levels, 'text').build() }]),
    ...(levels === undefined && mappings === undefined ? [] : [COLORED]),
  ];
}

const COLORED: DynamicConfigValue = { id: 'custom.cellOptions', value: { type: 'color-text' } };
