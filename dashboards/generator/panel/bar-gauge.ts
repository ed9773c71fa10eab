import { PanelBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { byThresholds, thresholds } from '../level.ts';
import { type Caption, caption } from './caption.ts';

/** The options of a bar gauge, with a bar for each series. */
export interface BarGauge extends Caption {
  readonly queries: readonly DataqueryBuilder[];
  readonly color: string;
  /** Colours of the bars whose name begins with a word. */
  readonly colors?: Readonly<Record<string, string>>;
  readonly maxDataPoints?: number;
}

/** Makes a bar gauge: bars below each other, each with its name and value. */
export function barGauge({ queries, color, colors = {}, maxDataPoints, ...words }: BarGauge) {
  const panel = caption(new PanelBuilder(), words)
    .targets([...queries])
    .min(0)
    .decimals(0)
    .colorScheme(byThresholds())
    .thresholds(thresholds([], color))
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .namePlacement(BarGaugeNamePlacement.Top)
    .showUnfilled(false)
    .text(new VizTextDisplayOptionsBuilder().titleSize(12).valueSize(16))
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''));
  for (const [word, fixedColor] of Object.entries(colors)) {
    panel.overrideByRegexp(`/^${word}\\b/`, [{ id: 'color', value: { mode: 'fixed', fixedColor } }]);
  }
  return maxDataPoints === undefined ? panel : panel.maxDataPoints(maxDataPoints);
}
