import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { byThresholds, thresholds } from '../level.ts';
import type { DataLink } from '../links.ts';
import { type Caption, caption } from './caption.ts';
import { dataLinks } from './data-links.ts';

/** The options of a state timeline, with a bar for each series. */
export interface StateTimeline extends Caption {
  readonly queries: readonly DataqueryBuilder[];
  readonly mappings: ValueMapping[];
  readonly link: DataLink;
}

/** Makes a state timeline. The name of each state is written in its bar. */
export function stateTimeline({ queries, mappings, link, ...words }: StateTimeline) {
  return caption(new PanelBuilder(), words)
    .targets([...queries])
    .mappings(mappings)
    .colorScheme(byThresholds())
    .thresholds(thresholds([], 'text'))
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.85)
    .perPage(20)
    .fillOpacity(75)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single).sort(SortOrder.None))
    .dataLinks(dataLinks(link));
}
