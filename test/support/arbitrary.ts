import fc from 'fast-check';
import type { Connect, Evidence, Observation, Saying } from '../../src/core/observation.ts';
import { FAILURE_REASONS, type Incarnation } from '../../src/core/server.ts';
import type { Session, Snapshot } from '../../src/core/snapshot.ts';
import { answered, failed, NOW, samplePane, sampleSession, sampleSnapshot, sampleWindow } from './sample.ts';

const CONNECTS: readonly Connect[] = ['accepted', 'busy', 'refused', 'absent', 'denied', 'not_a_socket', 'failed'];
const SAYINGS: readonly Saying[] = [
  'answered',
  'no_server',
  'no_socket',
  'lost_server',
  'permission',
  'protocol_mismatch',
  'no_target',
  'timeout',
  'garbled',
  'not_started',
  'other',
  'not_asked',
];

/** Text as the worst of people might choose it: control characters, quotes, escapes, marks that reorder, lone surrogates. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\u0000', '\u001b', '\n', '\u202e', '\ud800', '😀', 'x'),
    maxLength: 300,
  }),
);

/** One of two lives, or of none yet. */
export const incarnation: fc.Arbitrary<Incarnation> = fc.constantFrom(
  { pid: 10, startedAt: 1000 },
  { pid: 20, startedAt: 2000 },
);

/** The sessions of a snapshot: ids each once. */
export function sessions(name: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c')): fc.Arbitrary<Session[]> {
  const session = fc.record({ number: fc.nat(8), name });
  return fc
    .uniqueArray(session, { selector: ({ number }) => number, maxLength: 8 })
    .map((all) => all.map(({ number, name }) => sampleSession(number, { name })));
}

/** A snapshot whose sessions have one window with one pane each. */
export function snapshot(name?: fc.Arbitrary<string>, command?: fc.Arbitrary<string>): fc.Arbitrary<Snapshot> {
  return fc.record({ incarnation, sessions: sessions(name), command: command ?? fc.constant('sh') }).map((given) => {
    const windows = given.sessions.map((session, index) => sampleWindow(index, [Number(session.id.slice(1))]));
    const panes = windows.map((_, index) => samplePane(index, index, { command: `${given.command}${index}` }));
    return sampleSnapshot({ incarnation: given.incarnation, sessions: given.sessions, windows, panes });
  });
}

/** Any evidence, also such as cannot be. */
export const evidence: fc.Arbitrary<Evidence> = fc.record({
  trigger: fc.constantFrom('poll' as const, 'watch' as const, 'start' as const),
  connect: fc.constantFrom(...CONNECTS),
  process: fc.constantFrom('alive' as const, 'dead' as const, 'unknown' as const),
  listening: fc.constantFrom(true, false, null),
  tmux: fc.constantFrom(...SAYINGS),
  watchExit: fc.constantFrom(null, 0, 1),
});

/** Any look at a server. */
export const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.tuple(snapshot(), evidence).map(([seen, around]) => answered(seen, around)),
  fc
    .tuple(fc.constantFrom(...FAILURE_REASONS), evidence, fc.nat(20_000))
    .map(([reason, around, later]) => failed(reason, around, NOW + later)),
);
