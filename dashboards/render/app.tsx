import { createTheme, ThemeContext } from '@grafana/data';
import { PanelChrome } from '@grafana/ui';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Bars } from './bars.tsx';
import { Graph } from './graph.tsx';
import { type Drawn, prepare, type Shown } from './prepare.ts';
import { Rows } from './rows.tsx';
import { Stat } from './stat.tsx';
import { Timeline } from './timeline.tsx';

const theme = createTheme({ colors: { mode: 'dark' } });

/** Height of a row of Grafana's grid, and the room between panels. */
const ROW = 30;
const GAP = 8;
const COLUMNS = 24;

declare global {
  interface Window {
    /** Draws a dashboard of this width. */
    draw: (shown: Shown, width: number) => Promise<void>;
  }
}

window.draw = async ({ panels, marks, range }, width) => {
  const drawn = await Promise.all(panels.map((panel) => prepare(panel, marks, range, theme)));
  const element = document.getElementById('root');
  if (!element) throw new Error('no element to draw in');
  createRoot(element).render(<Dashboard panels={drawn} width={width} />);
};

function Dashboard({ panels, width }: { panels: readonly Drawn[]; width: number }) {
  const bottom = Math.max(...panels.map(({ panel }) => panel.gridPos.y + panel.gridPos.h));
  const style = { position: 'relative', width, height: bottom * (ROW + GAP) + GAP } as const;
  return (
    <ThemeContext.Provider value={theme}>
      <div style={{ ...style, background: theme.colors.background?.canvas }}>
        {panels.map((drawn) => (
          <Placed key={drawn.panel.id} drawn={drawn} width={width} />
        ))}
      </div>
    </ThemeContext.Provider>
  );
}

function Placed({ drawn, width }: { drawn: Drawn; width: number }) {
  const { title, gridPos } = drawn.panel;
  const column = (width - GAP) / COLUMNS;
  const size = { width: gridPos.w * column - GAP, height: gridPos.h * (ROW + GAP) - GAP };
  const place = { left: GAP + gridPos.x * column, top: GAP + gridPos.y * (ROW + GAP) };
  return (
    <div style={{ position: 'absolute', ...place, ...size }}>
      <PanelChrome title={title} {...size} padding={drawn.panel.type === 'table' ? 'none' : 'md'}>
        {(innerWidth: number, innerHeight: number) => content(drawn, innerWidth, innerHeight)}
      </PanelChrome>
    </div>
  );
}

function content(drawn: Drawn, width: number, height: number): ReactNode {
  if (drawn.isEmpty)
    return <p style={{ margin: 'auto', padding: 8, width }}>{drawn.panel.fieldConfig.defaults.noValue}</p>;
  switch (drawn.panel.type) {
    case 'stat':
      return <Stat drawn={drawn} width={width} height={height} theme={theme} />;
    case 'table':
      return <Rows drawn={drawn} width={width} height={height} />;
    case 'bargauge':
      return <Bars drawn={drawn} width={width} height={height} theme={theme} />;
    case 'state-timeline':
      return <Timeline drawn={drawn} width={width} height={height} theme={theme} />;
    default:
      return <Graph drawn={drawn} width={width} height={height} theme={theme} />;
  }
}
