import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { byThresholds, type Level, thresholds, withLevels } from '../level.ts';
import type { DataLink } from '../links.ts';
import { type Caption, caption } from './caption.ts';
import { dataLinks } from './data-links.ts';

/** The options of a stat panel, with a number to read at a glance. */
export interface Stat extends Caption {
  readonly queries: readonly DataqueryBuilder[];
  /** Colour of values below all levels. */
  readonly color: string;
  readonly levels?: readonly Level[];
  readonly mappings?: ValueMapping[];
  readonly decimals?: number;
  readonly link?: DataLink;
  /** Whether each value is shown with its legend. */
  readonly named?: boolean;
  /** Whether only the legend is shown. */
  readonly nameOnly?: boolean;
  readonly maxDataPoints?: number;
}

/** Makes a stat panel. It shows the present value only, never the last known one. */
export function stat({ queries, color, levels = [], mappings = [], decimals, link, ...rest }: Stat) {
  const { named, nameOnly, maxDataPoints, ...words } = rest;
  const panel = caption(new PanelBuilder(), { ...words, description: withLevels(words.description, levels) })
    .targets([...queries])
    .colorScheme(byThresholds())
    .thresholds(thresholds(levels, color))
    .mappings(mappings)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(textMode(named, nameOnly))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''))
    .dataLinks(dataLinks(link));
  if (decimals !== undefined) panel.decimals(decimals);
  if (maxDataPoints !== undefined) panel.maxDataPoints(maxDataPoints);
  return panel;
}

function textMode(named = false, nameOnly = false): BigValueTextMode {
  if (nameOnly) return BigValueTextMode.Name;
  return named ? BigValueTextMode.ValueAndName : BigValueTextMode.Value;
}
