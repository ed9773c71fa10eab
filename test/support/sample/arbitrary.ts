import fc from 'fast-check';
import type { ReceivedAlert } from '../../../src/core/alert/alert.ts';
import type { CauseEvidence } from '../../../src/core/death/evidence.ts';
import type { Connect, Evidence, Observation, Saying } from '../../../src/core/model/observation.ts';
import { FAILURE_REASONS, GONE_REASONS, type Incarnation } from '../../../src/core/model/server.ts';
import type { Session, Snapshot } from '../../../src/core/model/snapshot.ts';
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
  'cut',
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
  watch: fc.constantFrom(null, 'last_session_closed', 'shut_down', 'ended', 'nothing'),
});

/** Any observation of a server. */
export const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.tuple(snapshot(), evidence).map(([seen, around]) => answered(seen, around)),
  fc
    .tuple(fc.constantFrom(...FAILURE_REASONS), evidence, fc.nat(20_000))
    .map(([reason, around, later]) => failed(reason, around, NOW + later)),
);

const victim = fc.record({
  pid: fc.constantFrom(42, 7),
  command: fc.oneof(fc.constant('tmux: server'), hostileText),
  shortOf: fc.constantFrom('machine' as const, 'cgroup' as const, null),
  limit: fc.option(hostileText),
});

/** Anything that can be found out about the death of the process 42. */
export const causeEvidence: fc.Arbitrary<CauseEvidence> = fc.record({
  pid: fc.constant(42),
  reason: fc.constantFrom(...GONE_REASONS),
  windowMs: fc.option(fc.nat(200_000)),
  kills: fc.record({
    cgroup: fc.option(hostileText),
    vanished: fc.boolean(),
    own: fc.option(fc.nat(3)),
    group: fc.option(fc.nat(1)),
    above: fc.option(fc.record({ cgroup: hostileText, kills: fc.nat(3) })),
    machine: fc.option(fc.nat(3)),
  }),
  kernelLog: fc.record({
    source: fc.constantFrom('kmsg' as const, 'journal' as const, null),
    victims: fc.array(victim, { maxLength: 8 }),
    fault: fc.option(hostileText),
  }),
  oomd: fc.option(hostileText),
  unit: fc.option(
    fc.record({
      unit: fc.constant({ name: 'tmux.service', manager: 'user', uid: 1000, session: null, invocation: 'a1' } as const),
      result: fc.constantFrom('success', 'oom-kill', 'signal', null),
      oomPolicy: fc.constantFrom('stop', 'kill', 'continue', null),
      stop: fc.constantFrom('job' as const, 'killed' as const, 'shutdown' as const, null),
      oomLogged: fc.boolean(),
    }),
  ),
  logout: fc.option(
    fc.record({
      of: fc.constantFrom('session' as const, 'user-manager' as const),
      id: fc.constant('3'),
      ended: fc.option(fc.boolean()),
      kills: fc.option(fc.boolean()),
    }),
  ),
});

/** Any alert that an Alertmanager can send. */
export const receivedAlert: fc.Arbitrary<ReceivedAlert> = fc.record({
  status: fc.constantFrom('firing' as const, 'resolved' as const),
  labels: pairs('alertname', 'severity', 'instance'),
  annotations: pairs('summary', 'description', 'message'),
  startsAt: fc.constant('2026-03-01T12:00:00Z'),
  endsAt: fc.constantFrom('0001-01-01T00:00:00Z', '2026-03-01T12:30:00.5+01:00'),
  fingerprint: fc.constant('0123456789abcdef'),
});

function pairs(...usual: readonly string[]): fc.Arbitrary<Record<string, string>> {
  return fc.dictionary(fc.oneof(fc.constantFrom(...usual), hostileText), hostileText, { maxKeys: 40 });
}
