import { type DataFrame, FieldType, type GrafanaTheme2, getFieldDisplayName } from '@grafana/data';
import {
  AxisPlacement,
  LegendDisplayMode,
  ScaleDirection,
  ScaleOrientation,
  UPlotChart,
  UPlotConfigBuilder,
  VizLegend,
} from '@grafana/ui';
import { drawMarks } from './marks.ts';
import type { Canvas } from './prepare.ts';

const NAME_WIDTH = 190;
const AXIS_HEIGHT = 28;
const LEGEND_LINE_HEIGHT = 26;
/** In a narrower panel the legend needs two lines. */
const LEGEND_WIDTH = 500;
const SIDE = 20;

/** A stretch of time in one state. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly color: string;
}

/** The states of a state timeline. Its component is in the core of Grafana, so the stretches are drawn here, upon the plot and axis of `@grafana/ui`. */
export function Timeline({ drawn: { frames, range, marks, panel }, width, height, theme }: Canvas) {
  const lanes = frames.map((frame) => ({ name: nameOf(frame, frames), stretches: stretchesOf(frame) }));
  const config = new UPlotConfigBuilder('utc');
  config.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [range.from.valueOf(), range.to.valueOf()],
  });
  config.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone: 'utc',
    theme,
    grid: { show: false },
  });
  config.setPadding([0, SIDE, 0, SIDE]);
  config.addHook('draw', (plot) => {
    for (const [at, { stretches }] of lanes.entries()) {
      for (const stretch of stretches)
        drawStretch(plot, stretch, at / lanes.length, 1 / lanes.length, panel.options.rowHeight);
    }
    drawMarks(plot, marks, theme.visualization.getColorByName('red'));
  });
  const plotHeight = height - LEGEND_LINE_HEIGHT * (width < LEGEND_WIDTH ? 2 : 1);
  return (
    <div>
      <div style={{ display: 'flex', height: plotHeight }}>
        <Names lanes={lanes} height={plotHeight - AXIS_HEIGHT} theme={theme} />
        <UPlotChart
          data={[
            [range.from.valueOf(), range.to.valueOf()],
            [0, 0],
          ]}
          config={config}
          width={width - NAME_WIDTH}
          height={plotHeight}
        />
      </div>
      <VizLegend items={legendOf(lanes)} placement="bottom" displayMode={LegendDisplayMode.List} />
    </div>
  );
}

function legendOf(lanes: readonly { stretches: readonly Stretch[] }[]) {
  const states = new Map(lanes.flatMap(({ stretches }) => stretches.map(({ text, color }) => [text, color] as const)));
  return Array.from(states, ([label, color]) => ({ label, color, yAxis: 1 }));
}

function Names({ lanes, height, theme }: { lanes: readonly { name: string }[]; height: number; theme: GrafanaTheme2 }) {
  const style = { height: height / lanes.length, lineHeight: `${height / lanes.length}px`, paddingRight: 8 };
  return (
    <div style={{ width: NAME_WIDTH, textAlign: 'right', fontSize: 12, color: theme.colors.text?.primary }}>
      {lanes.map(({ name }) => (
        <div key={name} style={{ ...style, whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' }}>
          {name}
        </div>
      ))}
    </div>
  );
}

function nameOf(frame: DataFrame, frames: DataFrame[]): string {
  const field = frame.fields.find(({ type }) => type === FieldType.number);
  return field ? getFieldDisplayName(field, frame, frames) : '';
}

/** Equal values that follow each other are one stretch, up to the next value; a hole in the series is none. */
function stretchesOf(frame: DataFrame): Stretch[] {
  const [time, value] = frame.fields;
  const times = (time?.values ?? []) as number[];
  const step = Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  const stretches: Stretch[] = [];
  for (const [index, from] of times.entries()) {
    const { text = '', color = '' } = value?.display?.(value.values[index]) ?? {};
    const last = stretches.at(-1);
    if (last && last.text === text && last.to >= from) stretches[stretches.length - 1] = { ...last, to: from + step };
    else stretches.push({ from, to: from + step, text, color });
  }
  return stretches;
}

type Plot = Parameters<typeof drawMarks>[0];

function drawStretch(
  { ctx, bbox, valToPos }: Plot,
  stretch: Stretch,
  top: number,
  share: number,
  rowHeight: number,
): void {
  const { from, to, text, color } = stretch;
  const end = bbox.left + bbox.width;
  const x = Math.max(bbox.left, valToPos(from, 'x', true));
  const width = Math.min(end, valToPos(to, 'x', true)) - x;
  const height = bbox.height * share * rowHeight;
  const y = bbox.top + bbox.height * top + (bbox.height * share - height) / 2;
  ctx.save();
  ctx.globalAlpha = 0.75;
  ctx.fillStyle = color;
  ctx.fillRect(x, y, width, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = '#000';
  ctx.font = `${12 * devicePixelRatio}px sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  if (ctx.measureText(text).width + 8 < width) ctx.fillText(text, x + width / 2, y + height / 2);
  ctx.restore();
}
