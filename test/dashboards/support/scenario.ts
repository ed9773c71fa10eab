import { NOW } from '../../support/sample/sample.ts';

/** When the history ends, Unix milliseconds. */
export const END = NOW;

/** How much history there is. */
export const HOURS = 26;

const MINUTE_MS = 60_000;

/** A life of a server, in minutes before the end of the history. */
export interface ScriptedLife {
  readonly from: number;
  /** Null for one that goes on. */
  readonly to: number | null;
  readonly end: 'exited' | 'crashed' | 'lost';
}

/** What becomes of a server. */
export interface ScriptedServer {
  readonly name: string;
  readonly registration: 'static' | 'discovered';
  readonly sessions: readonly string[];
  readonly lives: readonly ScriptedLife[];
  /** Since how many minutes before the end it does not answer, or cannot be reached. */
  readonly unresponsiveFrom?: number;
  readonly unreachableFrom?: number;
}

/** What an exporter saw. */
export interface ScriptedExporter {
  /** The name of its target: that of its host in the fleet. */
  readonly instance: string;
  /** A label of its target; null for a target without it. */
  readonly cluster: string | null;
  readonly servers: readonly ScriptedServer[];
}

const ALWAYS: readonly ScriptedLife[] = [{ from: HOURS * 60, to: null, end: 'exited' }];

/** A day in the life of three machines: everything that a dashboard shows happens in it. */
export const SCENARIO: readonly ScriptedExporter[] = [
  {
    instance: 'build-1',
    cluster: 'eu',
    servers: [
      {
        name: 'agents',
        registration: 'discovered',
        sessions: ['claude-api', 'claude-docs', 'codex', 'review', 'triage', 'migrate', 'bench', 'lint', 'fuzz'],
        lives: [
          { from: HOURS * 60, to: 680.4, end: 'crashed' },
          { from: 675, to: 191.7, end: 'crashed' },
          { from: 188, to: null, end: 'exited' },
        ],
      },
      {
        name: 'work',
        registration: 'static',
        sessions: ['main', 'logs', 'a "quoted" one & more'],
        lives: [
          { from: HOURS * 60, to: 96.62, end: 'crashed' },
          { from: 92, to: null, end: 'exited' },
        ],
      },
      {
        name: 'ci',
        registration: 'discovered',
        sessions: ['runner'],
        lives: [{ from: 20 * 60, to: 41.3, end: 'exited' }],
      },
      {
        name: 'deploy',
        registration: 'static',
        sessions: ['prod'],
        lives: [{ from: 15 * 60, to: 264.2, end: 'lost' }],
      },
      { name: 'render', registration: 'static', sessions: ['farm'], lives: ALWAYS, unresponsiveFrom: 7 },
      { name: 'ghost', registration: 'discovered', sessions: ['notes'], lives: ALWAYS, unreachableFrom: 52 },
      { name: 'nightly', registration: 'static', sessions: [], lives: [] },
    ],
  },
  {
    instance: 'dev-2',
    cluster: 'us',
    servers: [{ name: 'default', registration: 'discovered', sessions: ['dotfiles', 'mail', 'irc'], lives: ALWAYS }],
  },
  {
    instance: 'laptop',
    cluster: null,
    servers: [
      {
        name: 'scratch',
        registration: 'discovered',
        sessions: ['notes', 'try'],
        lives: [
          { from: HOURS * 60, to: 520.2, end: 'exited' },
          { from: 500, to: null, end: 'exited' },
        ],
      },
    ],
  },
];

/** A moment, Unix milliseconds. */
export function minutesBeforeEnd(minutes: number): number {
  return END - minutes * MINUTE_MS;
}
