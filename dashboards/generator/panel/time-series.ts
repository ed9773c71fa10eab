import {
  AxisColorMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Level, thresholds, withLevels } from '../level.ts';
import type { DataLink } from '../links.ts';
import { type Caption, caption } from './caption.ts';
import { dataLinks } from './data-links.ts';

/** The options of a graph over time. */
export interface TimeSeries extends Caption {
  readonly queries: readonly DataqueryBuilder[];
  /** Use bars for rare events: a line through them looks like a comb. */
  readonly style?: 'lines' | 'bars';
  /** Levels, drawn as lines across the graph. */
  readonly levels?: readonly Level[];
  /** Another appearance for the series of a query. */
  readonly byQuery?: Readonly<Record<string, DynamicConfigValue[]>>;
  /** Fixed colours for series by their legend. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Statistics shown with each legend. */
  readonly figures?: readonly string[];
  readonly max?: number;
  readonly link?: DataLink;
}

/** A dashed line without filling, for a limit. */
export const DASHED: DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.lineWidth', value: 1 },
];

/** Bars in a graph of lines. */
export const BARS: DynamicConfigValue[] = [
  { id: 'custom.drawStyle', value: 'bars' },
  { id: 'custom.fillOpacity', value: 80 },
  { id: 'custom.lineWidth', value: 0 },
];

/** Makes a graph over time. */
export function timeSeries({ queries, style = 'lines', levels = [], figures = [], ...rest }: TimeSeries) {
  const { byQuery = {}, colors = {}, max, link, ...words } = rest;
  const panel = caption(new PanelBuilder(), { ...words, description: withLevels(words.description, levels) })
    .targets([...queries])
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .thresholds(thresholds(levels, 'green'))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        levels.length > 0 ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .axisColorMode(AxisColorMode.Text)
    .showPoints(VisibilityMode.Never)
    .lineWidth(style === 'bars' ? 0 : 2)
    .drawStyle(style === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .fillOpacity(style === 'bars' ? 80 : 10)
    .stacking(new StackingConfigBuilder().mode(style === 'bars' ? StackingMode.Normal : StackingMode.None))
    .legend(legend(figures))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .dataLinks(dataLinks(link));
  if (max !== undefined) panel.max(max);
  for (const [refId, properties] of Object.entries(byQuery)) panel.overrideByQuery(refId, properties);
  for (const [name, fixedColor] of Object.entries(colors)) {
    panel.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  return panel;
}

function legend(figures: readonly string[]): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .placement(LegendPlacement.Bottom)
    .displayMode(figures.length > 0 ? LegendDisplayMode.Table : LegendDisplayMode.List)
    .calcs([...figures]);
}
