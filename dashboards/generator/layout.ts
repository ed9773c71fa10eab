import type { GridPos, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

/** A builder of a panel, which the layout places. */
export interface Placeable {
  gridPos(position: GridPos): unknown;
  build(): Panel;
}

/** Panels side by side, each with its width. The widths add up to 24. */
export interface Band {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: Placeable])[];
}

/** Bands below a heading. A collapsed section runs no queries until a click opens it. */
export interface Section {
  readonly id: number;
  readonly title: string;
  readonly collapsed: boolean;
  readonly bands: readonly Band[];
}

const WIDTH = 24;

/** Puts bands and sections below each other. */
export function place(parts: readonly (Band | Section)[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = [];
  let y = 0;
  for (const part of parts) {
    const at = y;
    if ('height' in part) {
      placed.push(...placeBand(part, at));
      y += part.height;
    } else {
      const panels = placeBands(part.bands, at + 1);
      const row = heading(part, at, part.collapsed ? panels : []);
      placed.push(row, ...(part.collapsed ? [] : panels));
      y += 1 + (part.collapsed ? 0 : heightOf(part.bands));
    }
  }
  return placed;
}

function heading({ id, title, collapsed }: Section, y: number, panels: readonly Panel[]): RowPanel {
  const row = new RowBuilder(title).id(id).collapsed(collapsed).gridPos({ x: 0, y, w: WIDTH, h: 1 }).build();
  return { ...row, panels: [...panels] };
}

function placeBands(bands: readonly Band[], top: number): Panel[] {
  return bands.flatMap((band, at) => placeBand(band, top + heightOf(bands.slice(0, at))));
}

function placeBand({ height, panels }: Band, y: number): Panel[] {
  const total = panels.reduce((sum, [width]) => sum + width, 0);
  if (total !== WIDTH) throw new Error(`expected panels that are ${WIDTH} wide together, found ${total}`);
  let x = 0;
  return panels.map(([w, panel]) => {
    panel.gridPos({ x, y, w, h: height });
    x += w;
    return panel.build();
  });
}

function heightOf(bands: readonly Band[]): number {
  return bands.reduce((sum, { height }) => sum + height, 0);
}
