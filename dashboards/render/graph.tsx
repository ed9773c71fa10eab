import { TimeSeries, type UPlotConfigBuilder } from '@grafana/ui';
import { drawMarks } from './marks.ts';
import type { Canvas } from './prepare.ts';

/** The lines or bars of a graph over time, with the deaths marked. */
export function Graph({ drawn: { panel, frames, range, marks }, width, height, theme }: Canvas) {
  const mark = (builder: UPlotConfigBuilder) => {
    builder.addHook('draw', (plot) => drawMarks(plot, marks, theme.visualization.getColorByName('red')));
    return null;
  };
  return (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={range}
      timeZone="utc"
      legend={panel.options.legend}
    >
      {mark}
    </TimeSeries>
  );
}
