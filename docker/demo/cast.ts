import type { Home } from './home.ts';
import { Mortal, type Part } from './mortal.ts';

/** A process that waits for input that never comes. */
const IDLE = 'exec cat';
const TALKATIVE = 'while :; do date; sleep 1; done';
const RINGING = String.raw`while :; do printf '\a'; sleep 15; done`;
/** A process that computes for some hundredths of each second, with the lowest priority. */
const BUSY = `exec nice -n 19 sh -c 'while :; do i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 1; done'`;

/** Commands that end after a while, like a job that failed or was killed; the pane stays. */
const failing = (seconds: number) => `sleep ${seconds}; exit 2`;
const killed = (seconds: number) => `sleep ${seconds}; kill -9 $$`;

/** Maximum number of busy panes, however many servers there are. */
const MOST_BUSY = 4;

const CAST: readonly (readonly [name: string, parts: readonly Part[]])[] = [
  ['notes', [{ session: 'diary', command: IDLE }]],
  ['agents', [part('planner', IDLE), part('coder', BUSY), part('reviewer', TALKATIVE)]],
  ['web', [part('server', TALKATIVE), part('editor', IDLE)]],
  [
    'build',
    [
      ...[part('compiler', BUSY), part('bell', RINGING)],
      ...[part('lint', failing(1)), part('tests', failing(2)), part('fuzzer', killed(3)), part('e2e', killed(4))],
    ],
  ],
  ['training', [part('epoch', BUSY)]],
  ['ops', [part('shell', IDLE), part('logs', TALKATIVE), part('pager', RINGING)]],
];

function part(session: string, command: string): Part {
  return { session, command };
}

/** The command of the sessions that come and go. */
export const VISIT = TALKATIVE;

/** Creates the servers of the demo, not started yet. Nothing happens to the first one. */
export function createCast(home: Home, count: number): Mortal[] {
  let busy = 0;
  const calmed = (parts: readonly Part[]) =>
    parts.map((part) => (part.command === BUSY && ++busy > MOST_BUSY ? { ...part, command: IDLE } : part));
  return Array.from({ length: count }, (_, index) => {
    const [name, parts] = CAST[index % CAST.length] ?? ['notes', []];
    const round = Math.floor(index / CAST.length);
    return new Mortal(home, round === 0 ? name : `${name}-${round + 1}`, calmed(parts));
  });
}
