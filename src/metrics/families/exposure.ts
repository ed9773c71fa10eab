import { passes } from '../../core/glob.ts';

/** The kinds of objects below a server that have their own series, the deepest last. */
export const LEVELS = ['session', 'window', 'client', 'pane'] as const;
export type Level = (typeof LEVELS)[number];

/** The collectors that can be turned on and off, and the level of the objects that each exposes. */
const LEVEL_OF = {
  session: 'session',
  process: 'session',
  window: 'window',
  client: 'client',
  pane: 'pane',
  paneProcess: 'pane',
} as const satisfies Readonly<Record<string, Level>>;
export type Collector = keyof typeof LEVEL_OF;

/** Which objects are exposed, and how many; the same object until the configuration changes. */
export interface Exposure {
  readonly collector: Readonly<Record<Collector, boolean>> & {
    /** Patterns for session names; an empty list includes all. */
    readonly sessionInclude: readonly string[];
    readonly sessionExclude: readonly string[];
  };
  readonly limits: {
    /** Per server, as for windows and panes. */
    readonly sessions: number;
    readonly windows: number;
    readonly panes: number;
    /** In the whole exposition. */
    readonly series: number;
  };
}

/** Whether any collector exposes the objects of a level. */
export function isExposed({ collector }: Exposure, level: Level): boolean {
  return Object.entries(LEVEL_OF).some(([name, of]) => of === level && collector[name as Collector]);
}

/** Whether a session and what is in it may be shown. */
export function isSessionShown({ collector }: Exposure, name: string): boolean {
  return passes({ include: collector.sessionInclude, exclude: collector.sessionExclude }, name);
}
