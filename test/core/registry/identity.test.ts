import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_UNDECIDED } from '../../../src/core/death/verdict.ts';
import type { Observation, ProcessLiveness } from '../../../src/core/model/observation.ts';
import type { Registration, Target } from '../../../src/core/model/server.ts';
import { Subject } from '../../support/sample/registry-model.ts';
import {
  answered,
  DEAD,
  failed,
  INCARNATION,
  NEXT_INCARNATION,
  NOW,
  sampleSnapshot,
} from '../../support/sample/sample.ts';
import { runs } from '../../support/sample/seed.ts';

/** A path to the one server: how it was registered, and whether its file is known by that. */
interface Path {
  readonly number: number;
  readonly registration: Registration;
  readonly isSameFile: boolean;
}

const STRENGTH: readonly Registration[] = ['discovered', 'api', 'static'];
const registration = fc.constantFrom(...STRENGTH);

const path: fc.Arbitrary<Path> = fc.record({ number: fc.nat(4), registration, isSameFile: fc.boolean() });

/** Registrations and polls of paths to one server, in any order. */
const history = fc.array(fc.record({ path, isPoll: fc.boolean() }), { minLength: 1, maxLength: 30 });

function targetOf({ number, registration }: Pick<Path, 'number' | 'registration'>): Target {
  return { name: `s${number}`, socket: `/tmp/tmux-0/s${number}`, registration };
}

function fileOf({ number, isSameFile }: Pick<Path, 'number' | 'isSameFile'>): string {
  return isSameFile ? '1:1' : `2:${number}`;
}

/** An answer of the one server, through the file of one path. */
function answerAt(file: string, isProven = true): Observation {
  const observation = answered();
  if (observation.answer.kind === 'failure') throw new Error('expected an answer');
  return { ...observation, answer: { ...observation.answer, file, isProven } };
}

/** An answer through a file, of a server whose process cannot be seen. */
function unseenAt(file: string, { incarnation = INCARNATION, uid = 1_000 } = {}): Observation {
  const observation = answered(sampleSnapshot({ incarnation }), { process: 'unknown' });
  if (observation.answer.kind === 'failure') throw new Error('expected an answer');
  return { ...observation, answer: { ...observation.answer, file, uid, process: null, isProven: false } };
}

/** Polls every registered server in turn. */
function pollAll({ registry }: Subject, observe: (socket: string) => Observation): void {
  for (const { target } of registry.list()) {
    const record = registry.get(target.name);
    if (record) registry.apply(target.name, record.generation, observe(target.socket));
  }
}

function typesOf({ emitted }: Subject, type: string): number {
  return emitted.filter(({ event }) => event.type === type).length;
}

/** What is left of a history, with the files by which the paths lead to the server. */
function live(subject: Subject, steps: readonly { path: Path; isPoll: boolean }[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { path: given, isPoll } of steps) {
    const target = targetOf(given);
    if (!files.has(target.socket)) files.set(target.socket, fileOf(given));
    const file = files.get(target.socket) ?? '';
    const record = subject.registry.get(target.name);
    if (!isPoll) subject.registry.register(target, file);
    else if (record) subject.registry.apply(target.name, record.generation, answerAt(file));
  }
  return files;
}

describe('A process that several paths lead to', () => {
  it('is one server with one death, in whatever order its paths are registered and polled', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const subject = new Subject();
        const files = live(subject, steps);
        subject.registry.register(targetOf({ number: 0, registration: 'discovered' }), files.get('/tmp/tmux-0/s0'));
        pollAll(subject, (socket) => answerAt(files.get(socket) ?? ''));

        const alive = subject.registry.list();
        expect(alive).toHaveLength(1);
        pollAll(subject, () => failed('refused', DEAD));
        expect(typesOf(subject, 'server-gone')).toBe(1);
        expect(subject.registry.view().tombstones).toMatchObject([
          { name: alive[0]?.target.name, deaths: { lost: 1 } },
        ]);
      }),
      { numRuns: runs(100) },
    );
  });

  it('stays under the strongest registration, and under the oldest of these', () => {
    fc.assert(
      fc.property(fc.array(registration, { minLength: 2, maxLength: 5 }), (registrations) => {
        const subject = new Subject();
        const targets = registrations.map((strength, number) => targetOf({ number, registration: strength }));
        for (const target of targets) subject.registry.register(target);
        pollAll(subject, (socket) => answerAt(`2:${socket}`));

        const rank = ({ registration: strength }: Target) => STRENGTH.indexOf(strength);
        const strongest = Math.max(...targets.map(rank));
        expect(subject.registry.list()).toMatchObject([
          { target: { name: targets.find((target) => rank(target) === strongest)?.name }, state: 'up' },
        ]);
      }),
      { numRuns: runs(100) },
    );
  });

  it('follows its socket under its name, without a word of a loss', () => {
    const subject = new Subject();
    const { registry } = subject;
    registry.register(targetOf({ number: 0, registration: 'static' }));
    pollAll(subject, () => answerAt('1:1'));
    registry.move('s0', '/srv/moved');
    pollAll(subject, () => answerAt('1:1'));

    expect(registry.list()).toMatchObject([
      { target: { name: 's0', socket: '/srv/moved', given: '/tmp/tmux-0/s0' }, state: 'up' },
    ]);
    expect(subject.emitted.map(({ event }) => event.type)).toEqual(['server-registered', 'server-up']);
  });

  it('is found by its answer at another path when nothing answers at its own', () => {
    const subject = new Subject();
    const { registry } = subject;
    registry.register(targetOf({ number: 0, registration: 'static' }));
    pollAll(subject, () => answerAt('1:1'));
    pollAll(subject, () => failed('no_socket', { connect: 'absent', process: 'alive' }));
    registry.register(targetOf({ number: 1, registration: 'discovered' }));
    registry.apply('s1', registry.get('s1')?.generation ?? -1, answerAt('1:1'));

    expect(registry.list()).toMatchObject([{ target: { name: 's0', socket: '/tmp/tmux-0/s1' }, state: 'up' }]);
    expect(typesOf(subject, 'server-recovered')).toBe(1);
  });

  it('is not hidden by the claim of another, which nothing proves', () => {
    const subject = new Subject();
    const { registry } = subject;
    for (const number of [0, 1]) registry.register(targetOf({ number, registration: 'static' }));
    pollAll(subject, (socket) => answerAt(`2:${socket}`, false));
    expect(registry.list()).toMatchObject([{ state: 'up' }, { state: 'up' }]);

    pollAll(subject, () => failed('refused', DEAD));
    expect(subject.emitted.flatMap(({ event }) => (event.type === 'server-gone' ? [event.server?.name] : []))).toEqual([
      's0',
      's1',
    ]);
  });

  it.each(STRENGTH)(
    'is one server by its socket file, too, if its process cannot be seen, registered as %s',
    (registered) => {
      const subject = new Subject();
      const { registry } = subject;
      registry.register(targetOf({ number: 0, registration: 'discovered' }));
      registry.register(targetOf({ number: 1, registration: registered }));
      for (let polls = 0; polls < 2; polls++) pollAll(subject, () => unseenAt('1:1'));
      expect(registry.list()).toMatchObject([{ target: { name: registered === 'discovered' ? 's0' : 's1' } }]);

      pollAll(subject, () => failed('refused', { connect: 'refused', process: 'unknown' }));
      expect(typesOf(subject, 'server-gone')).toBe(1);
    },
  );

  it('is one server by its socket file also if both paths were known as servers before', () => {
    const subject = new Subject();
    for (const number of [0, 1]) subject.registry.register(targetOf({ number, registration: 'discovered' }));
    pollAll(subject, (socket) => unseenAt(`2:${socket}`));
    pollAll(subject, () => unseenAt('1:1'));
    expect(subject.registry.list()).toMatchObject([{ target: { name: 's0' }, life: { files: ['1:1'] } }]);
  });

  it.each([
    ['says that it is another one', unseenAt('1:1', { incarnation: NEXT_INCARNATION })],
    ['has the socket of another user', unseenAt('1:1', { uid: 1_001 })],
    ['has another socket', unseenAt('1:2')],
  ])('is not one with a server that %s', (_, other) => {
    const subject = new Subject();
    for (const number of [0, 1]) subject.registry.register(targetOf({ number, registration: 'discovered' }));
    pollAll(subject, (socket) => (socket.endsWith('0') ? unseenAt('1:1') : other));
    expect(subject.registry.list()).toHaveLength(2);
  });

  it('is not one with a server that has its former file, until it answers again', () => {
    const subject = new Subject();
    const { registry } = subject;
    registry.register(targetOf({ number: 0, registration: 'discovered' }));
    pollAll(subject, () => unseenAt('1:1'));
    pollAll(subject, () => failed('timeout', { connect: 'accepted', process: 'unknown' }));
    registry.register(targetOf({ number: 1, registration: 'discovered' }));
    registry.apply('s1', registry.get('s1')?.generation ?? -1, unseenAt('1:1'));
    expect(registry.list()).toHaveLength(2);

    pollAll(subject, () => unseenAt('1:1'));
    expect(registry.list()).toHaveLength(1);
  });

  it('keeps its death from an answer in its name', () => {
    const subject = new Subject();
    const { registry } = subject;
    registry.register(targetOf({ number: 0, registration: 'static' }));
    pollAll(subject, () => answerAt('1:1'));
    const inItsName = answered(sampleSnapshot(), { process: 'dead' });
    if (inItsName.answer.kind === 'failure') throw new Error('expected an answer');
    pollAll(subject, () => ({
      ...inItsName,
      answer: { ...inItsName.answer, process: null } as typeof inItsName.answer,
    }));

    expect(typesOf(subject, 'server-gone')).toBe(1);
  });
});

describe('Servers whose sockets change places', () => {
  /** An answer of the process with this pid. `process` says whether the known life of the record is alive. */
  function answerOf(pid: number, process: ProcessLiveness): Observation {
    const observation = answered(sampleSnapshot({ incarnation: { pid, startedAt: pid } }), { process });
    if (observation.answer.kind === 'failure') throw new Error('expected an answer');
    const mark = { pid, start: String(pid) };
    return { ...observation, answer: { ...observation.answer, process: mark, file: `1:${pid}`, isProven: true } };
  }

  /** The registry of servers s0, s1, …, whose pids are 100, 101, … */
  function fleet(count: number): Subject {
    const subject = new Subject();
    for (let number = 0; number < count; number++)
      subject.registry.register(targetOf({ number, registration: 'discovered' }));
    pollAll(subject, (socket) => answerOf(100 + Number(socket.at(-1)), 'unknown'));
    subject.emitted.length = 0;
    return subject;
  }

  it.each([2, 3, 4])('keep their names, %i of them in a circle', (count) => {
    const subject = fleet(count);
    pollAll(subject, (socket) => answerOf(100 + ((Number(socket.at(-1)) + 1) % count), 'alive'));

    const places = subject.registry
      .list()
      .map(({ target, life }) => [target.name, life?.incarnation.pid, target.socket]);
    const expected = Array.from({ length: count }, (_, number) => [
      `s${number}`,
      100 + number,
      `/tmp/tmux-0/s${(number + count - 1) % count}`,
    ]);
    expect(places).toEqual(expected);
    expect(subject.emitted).toEqual([]);

    pollAll(subject, () => failed('refused', DEAD));
    expect(typesOf(subject, 'server-gone')).toBe(count);
  });

  it('are two also if one path leads to the other only for a moment', () => {
    const subject = fleet(2);
    const { registry } = subject;
    registry.apply('s0', registry.get('s0')?.generation ?? -1, answerOf(101, 'alive'));
    pollAll(subject, (socket) => answerOf(100 + Number(socket.at(-1)), 'alive'));
    expect(registry.list()).toMatchObject([{ state: 'up' }, { state: 'up' }]);
    expect(subject.emitted).toEqual([]);
  });

  describe('while the proof of who answers is undecided, as on a busy machine', () => {
    function undecidedOf(pid: number, file = `1:${pid}`): Observation {
      const observation = answerOf(pid, 'alive');
      if (observation.answer.kind === 'failure') throw new Error('expected an answer');
      const { answer } = observation;
      return { ...observation, answer: { ...answer, process: null, undecided: answer.process, isProven: false, file } };
    }

    const otherPid = (socket: string) => 101 - Number(socket.at(-1));

    it('keep their names, and their paths until it is decided', () => {
      const subject = fleet(2);
      for (let polls = 0; polls < 3; polls++) pollAll(subject, (socket) => undecidedOf(otherPid(socket)));
      expect(subject.registry.list().map(({ target, life }) => [target.socket, life?.process?.pid])).toEqual([
        ['/tmp/tmux-0/s0', 100],
        ['/tmp/tmux-0/s1', 101],
      ]);

      pollAll(subject, (socket) => answerOf(otherPid(socket), 'alive'));
      expect(subject.registry.list().map(({ target, life }) => [target.socket, life?.process?.pid])).toEqual([
        ['/tmp/tmux-0/s1', 100],
        ['/tmp/tmux-0/s0', 101],
      ]);
      expect(subject.emitted).toEqual([]);
    });

    it('do not keep a path for ever', () => {
      const subject = fleet(2);
      const { registry } = subject;
      for (let polls = 0; polls <= MOST_UNDECIDED; polls++) {
        expect(registry.list()).toHaveLength(2);
        registry.apply('s0', registry.get('s0')?.generation ?? -1, undecidedOf(101, '2:0'));
      }

      expect(registry.list().map(({ target }) => target.name)).toEqual(['s0', 's0+100', 's1']);
    });
  });

  it('displace only the one whose path was taken', () => {
    const subject = fleet(2);
    const { registry } = subject;
    registry.apply('s0', registry.get('s0')?.generation ?? -1, answerOf(101, 'alive'));
    const lost = failed('no_socket', { connect: 'absent', process: 'alive' }, NOW + 10);
    registry.apply('s1', registry.get('s1')?.generation ?? -1, lost);
    registry.apply('s0', registry.get('s0')?.generation ?? -1, { ...answerOf(101, 'alive'), startedAt: NOW + 20 });

    expect(registry.list()).toMatchObject([
      { target: { name: 's0', displacedPid: 100 }, state: 'unreachable' },
      { target: { name: 's1', socket: '/tmp/tmux-0/s0' }, state: 'up' },
    ]);
    expect(typesOf(subject, 'server-unreachable')).toBe(1);
    // Its watch must not leave it by that path.
    expect(subject.told.filter((line) => line.includes(' is '))).toEqual(['s0 is s0', 's0 is s0']);
  });

  it('displace it also if its path goes on leading to the other', () => {
    const subject = fleet(2);
    for (let polls = 0; polls < 3; polls++)
      pollAll(subject, () => ({ ...answerOf(101, 'alive'), startedAt: NOW + 10 * polls }));

    expect(subject.registry.list()).toMatchObject([{ target: { displacedPid: 100 } }, { target: { name: 's1' } }]);
    pollAll(subject, () => failed('refused', DEAD));
    expect(typesOf(subject, 'server-gone')).toBe(2);
  });
});
