import { Table } from '@grafana/ui';
import type { Canvas } from './prepare.ts';

/** The rows of a table. */
export function Rows({ drawn: { panel, frames, range }, width, height }: Omit<Canvas, 'theme'>) {
  const [frame] = frames;
  if (!frame) return null;
  const shown = { ...frame, fields: frame.fields.filter(({ config }) => !config.custom?.hidden) };
  return (
    <Table
      data={shown}
      width={width}
      height={height}
      initialSortBy={panel.options.sortBy}
      cellHeight={panel.options.cellHeight}
      timeRange={range}
      fieldConfig={panel.fieldConfig}
    />
  );
}
