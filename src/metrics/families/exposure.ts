import { passes } from '../../core/glob.ts';

/** What has series of its own below a server, the deepest last. */
export const LEVELS = ['session', 'window', 'client', 'pane'] as const;
export type Level = (typeof LEVELS)[number];

/** Collectors that can be turned on and off, with the level whose objects they expose. */
const LEVEL_OF = {
  session: 'session',
  process: 'session',
  window: 'window',
  client: 'client',
  pane: 'pane',
  paneProcess: 'pane',
} as const satisfies Readonly<Record<string, Level>>;
export type Collector = keyof typeof LEVEL_OF;

/** What of a fleet is exposed, and how much of it: always the same object until the configuration changes. */
export interface Exposure {
  readonly collector: Readonly<Record<Collector, boolean>> & {
    /** Patterns for the names of sessions; none for all. */
    readonly sessionInclude: readonly string[];
    readonly sessionExclude: readonly string[];
  };
  readonly limits: {
    /** Of each server. */
    readonly sessions: number;
    readonly windows: number;
    readonly panes: number;
    /** In all. */
    readonly series: number;
  };
}

/** Whether any collector exposes the objects of a level. */
export function isExposed({ collector }: Exposure, level: Level): boolean {
  return Object.entries(LEVEL_OF).some(([name, of]) => of === level && collector[name as Collector]);
}

/** Whether a session, and what is in it, may be shown. */
export function isSessionShown({ collector }: Exposure, name: string): boolean {
  return passes({ include: collector.sessionInclude, exclude: collector.sessionExclude }, name);
}
