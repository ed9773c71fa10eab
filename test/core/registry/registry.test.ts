import { beforeEach, describe, expect, it } from '@jest/globals';
import { isServerName } from '../../../src/core/model/name.ts';
import type { Observation, ProcessMark } from '../../../src/core/model/observation.ts';
import type { Registration, Target } from '../../../src/core/model/server.ts';
import type { ServerProcesses } from '../../../src/core/process/server-processes.ts';
import type { FoundProcess } from '../../../src/core/record/record.ts';
import type { RegistrationResult } from '../../../src/core/record/registration.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { MemoryJournal } from '../../support/daemon/memory-journal.ts';
import { unsetClock } from '../../support/sample/fake-clock.ts';
import { LINGER_MS, Subject } from '../../support/sample/registry-model.ts';
import {
  answered,
  DEAD,
  failed,
  INCARNATION,
  NEXT_INCARNATION,
  NOW,
  sampleSession,
  sampleSnapshot,
} from '../../support/sample/sample.ts';

const NEXT_LIFE = sampleSnapshot({ incarnation: NEXT_INCARNATION });

function target(name: string, registration: Registration, socket = `/tmp/tmux-0/${name}`): Target {
  return { name, socket, registration };
}

/** A running server of the socket /tmp/tmux-1000/ghost, found by its process. */
function foundProcess(mark: ProcessMark, startedAt = INCARNATION.startedAt): FoundProcess {
  return {
    mark,
    ownPid: mark.pid,
    command: 'tmux: server',
    socket: '/tmp/tmux-1000/ghost',
    isElsewhere: false,
    uid: 1_000,
    startedAt,
  };
}

function codeOf(result: RegistrationResult): string {
  return result.kind === 'refused' ? result.code : result.kind;
}

describe('Registry', () => {
  let subject: Subject;
  let registry: Registry;

  beforeEach(() => {
    subject = new Subject();
    registry = subject.registry;
  });

  function observe(name: string, observation: Observation): void {
    registry.apply(name, registry.get(name)?.generation ?? -1, observation);
  }

  /** Types of the events emitted since the last call. */
  function emitted(): string[] {
    return subject.emitted.splice(0).map(({ event }) => event.type);
  }

  function up(registration: Registration, name = 'work'): void {
    registry.register(target(name, registration));
    observe(name, answered());
    emitted();
  }

  describe('registering', () => {
    it('is free the second time', () => {
      expect(codeOf(registry.register(target('work', 'api')))).toBe('registered');
      expect(codeOf(registry.register(target('work', 'api')))).toBe('unchanged');
      expect(emitted()).toEqual(['server-registered']);
    });

    it('of several together emits events when all are registered', () => {
      registry.together(() => {
        for (const name of ['a', 'b']) registry.register(target(name, 'static'));
        expect(emitted()).toEqual([]);
      });

      expect(emitted()).toEqual(['server-registered', 'server-registered']);
    });

    it('lists servers by name', () => {
      for (const name of ['b', 'a', 'B', 'a/b']) registry.register(target(name, 'static'));

      expect(registry.list().map((record) => record.target.name)).toEqual(['B', 'a', 'a/b', 'b']);
    });

    it('makes a registration stronger, and never weaker, without a new life', () => {
      up('discovered');
      const life = registry.get('work')?.life;

      registry.register(target('work', 'static'));
      registry.register(target('work', 'api'));

      expect(registry.get('work')).toMatchObject({ target: { registration: 'static' }, state: 'up', life });
      expect(emitted()).toEqual([]);
    });

    it('leaves a socket its name, whatever discovery would call it', () => {
      registry.register(target('mine', 'static', '/tmp/tmux-0/work'));

      expect(codeOf(registry.register(target('work', 'discovered')))).toBe('unchanged');
      expect(registry.list()).toHaveLength(1);
    });

    it('knows a server by the file of its path before it has answered', () => {
      registry.register(target('work', 'discovered'), '1:1');

      expect(codeOf(registry.register(target('hard', 'discovered'), '1:1'))).toBe('unchanged');
      expect(codeOf(registry.register(target('mine', 'static', '/srv/hard'), '1:1'))).toBe('registered');
      expect(registry.list()).toMatchObject([{ target: { name: 'mine' } }]);
    });

    it('does not know it so any more once it was polled: the path can have another file by then', () => {
      registry.register(target('work', 'discovered'), '1:1');
      observe('work', failed('timeout', { process: 'unknown' }));

      expect(codeOf(registry.register(target('hard', 'discovered'), '1:1'))).toBe('registered');
    });

    it('gives a discovered server whose name is taken a name of its own', () => {
      registry.register(target('work', 'static', '/srv/a/work'));

      const result = registry.register(target('work', 'discovered', '/srv/b/work'));
      const again = registry.register(target('work', 'discovered', '/srv/b/work'));

      expect([codeOf(result), codeOf(again)]).toEqual(['registered', 'unchanged']);
      const name = registry.at({ socket: '/srv/b/work' })?.target.name ?? '';
      expect(name).toMatch(/^work-[0-9a-f]{6}$/);
      expect(isServerName(name)).toBe(true);
    });

    it('lets the configuration take a name, and the weaker one come back under another', () => {
      registry.register(target('work', 'discovered', '/srv/a/work'));
      emitted();

      expect(codeOf(registry.register(target('work', 'static', '/srv/b/work')))).toBe('registered');
      expect(emitted()).toEqual(['server-unregistered', 'server-registered']);
      expect(registry.at({ socket: '/srv/a/work' })).toBeUndefined();

      expect(codeOf(registry.register(target('work', 'discovered', '/srv/a/work')))).toBe('registered');
    });

    it('lets nobody take the name of a found server by the API', () => {
      up('discovered');

      expect(codeOf(registry.register(target('work', 'api', '/srv/b/work')))).toBe('name_taken');
      expect(emitted()).toEqual([]);
      expect(registry.get('work')).toMatchObject({ state: 'up', target: { socket: '/tmp/tmux-0/work' } });
    });

    it('lets a stronger registration rename a socket', () => {
      registry.register(target('work', 'discovered'));

      registry.register(target('mine', 'static', '/tmp/tmux-0/work'));

      expect(registry.list().map((record) => record.target.name)).toEqual(['mine']);
    });

    it.each([
      ['an invalid name', target('my server', 'api'), 'invalid_name'],
      ['a name that another socket has', target('work', 'api', '/srv/work'), 'name_taken'],
      ['a socket that has another name', target('other', 'api', '/tmp/tmux-0/work'), 'socket_taken'],
    ])('refuses %s, and changes nothing', (_, wanted, code) => {
      registry.register(target('work', 'api'));
      const view = registry.view();
      emitted();

      expect(codeOf(registry.register(wanted))).toBe(code);
      expect(registry.view()).toBe(view);
      expect(emitted()).toEqual([]);
    });

    it('refuses more than it may have, and says which limit it was', () => {
      const journal = new MemoryJournal();
      const limits = () => ({ maxServers: 1, lingerMs: LINGER_MS });
      const small = new Registry({ journal, onEvent: () => {}, clock: unsetClock(() => NOW), limits });
      small.register(target('a', 'discovered'));

      expect(small.register(target('b', 'static'))).toEqual({
        kind: 'refused',
        code: 'limit',
        message: '1 servers are registered, no more are allowed (limits.servers)',
      });
      expect(codeOf(small.register(target('a', 'static', '/srv/a')))).toBe('registered');
    });
  });

  describe('as many servers as are allowed', () => {
    let small: Registry;

    beforeEach(() => {
      const limits = () => ({ maxServers: 10, lingerMs: LINGER_MS });
      const clock = unsetClock(() => NOW);
      small = new Registry({ journal: new MemoryJournal(), onEvent: () => {}, clock, limits });
      for (let at = 0; at < 100; at++) small.register(target(`mallory/${at}`, 'discovered'));
    });

    function register(user: string, count: number, registration: Registration = 'discovered'): string[] {
      return Array.from({ length: count }, (_, at) =>
        codeOf(small.register(target(`${user}${at}`, registration, `/tmp/${user}/${at}`))),
      );
    }

    function shares(): Record<string, number> {
      const users = small
        .list()
        .map(({ target: { name, registration } }) => `${registration} ${name.replace(/\d+$/, '')}`);
      return Object.fromEntries([...new Set(users)].map((user) => [user, users.filter((one) => one === user).length]));
    }

    it('are shared out: a user who has filled them makes room for the others', () => {
      expect(register('ada/', 3)).toEqual(['registered', 'registered', 'registered']);
      expect(register('own', 3)).toEqual(['registered', 'registered', 'registered']);
      expect(shares()).toEqual({ 'discovered ada/': 3, 'discovered mallory/': 4, 'discovered own': 3 });
    });

    it('are no more than a fair share for each user, and nobody is pushed out below that', () => {
      register('ada/', 20);
      register('mallory/more', 20);

      expect(shares()).toEqual({ 'discovered ada/': 5, 'discovered mallory/': 5 });
    });

    it('keep the older servers of the user who makes room', () => {
      register('ada/', 4);

      expect(small.list().map((record) => record.target.name)).toEqual(
        expect.arrayContaining(['mallory/0', 'mallory/5']),
      );
    });

    it.each(['static', 'api'] as const)(
      'have room for the registration %s, which gets a share as a user does',
      (kind) => {
        register('given', 20, kind);

        expect(shares()).toEqual({ 'discovered mallory/': 5, [`${kind} given`]: 5 });
      },
    );
  });

  describe('another name for a living server', () => {
    const renamed = target('mine', 'static', '/tmp/tmux-0/work');

    function deaths() {
      return subject.emitted.flatMap(({ event }) => (event.type === 'server-gone' ? [event] : []));
    }

    it.each(['discovered', 'api'] as const)('takes the life of a server that is %s', (registration) => {
      up(registration);
      const { life } = registry.get('work') ?? {};

      registry.register(renamed);

      expect(registry.list()).toMatchObject([{ target: renamed, state: 'pending', life, snapshot: null }]);
      const [farewell] = subject.emitted.map(({ event }) => event);
      expect(farewell).toMatchObject({ server: { name: 'work' }, body: 'It is polled as mine from now on.' });
      expect(emitted()).toEqual(['server-unregistered', 'server-registered']);
    });

    it('takes it by its file as well', () => {
      registry.register(target('work', 'discovered'));
      const observation = answered();
      if (observation.answer.kind === 'failure') throw new Error('expected an answer');
      observe('work', { ...observation, answer: { ...observation.answer, file: '1:1' } });

      registry.register(target('mine', 'static', '/srv/hard'), '1:1');

      expect(registry.list()).toMatchObject([
        { target: { name: 'mine', socket: '/srv/hard' }, life: { incarnation: INCARNATION } },
      ]);
      expect(registry.at({ socket: '/tmp/tmux-0/work' })).toBeUndefined();
    });

    it('is up at its first answer, and the sessions of the meantime are reported', () => {
      up('discovered');
      registry.register(renamed);
      emitted();

      const sessions = [...sampleSnapshot().sessions, sampleSession(5)];
      observe('mine', answered(sampleSnapshot({ sessions })));
      expect(emitted()).toEqual(['server-up', 'session-created']);
    });

    it('has the death of a server that died at that moment, once and with all that was known', () => {
      up('discovered');
      registry.register(renamed);
      observe('mine', failed('refused', DEAD));
      observe('mine', failed('refused', DEAD));

      expect(deaths()).toMatchObject([
        { reason: 'lost', server: { name: 'mine', pid: INCARNATION.pid }, lost: { session_names: ['main'] } },
      ]);
    });

    it('has the death of a server that listened and never answered', () => {
      registry.register(target('work', 'discovered'));
      registry.register(renamed);
      observe('mine', failed('refused', { ...DEAD, process: 'unknown' }));

      expect(deaths()).toMatchObject([{ server: { name: 'mine', pid: null } }]);
    });

    it('does not hide that a server hangs', () => {
      up('discovered');
      observe('work', failed('timeout'));
      observe('work', failed('timeout'));
      registry.register(renamed);
      emitted();

      observe('mine', failed('timeout'));
      expect(emitted()).toEqual(['server-unresponsive']);
      observe('mine', answered());
      expect(emitted()).toEqual(['server-recovered']);
    });

    it('is given to a server whose name now belongs to another one', () => {
      up('discovered');
      const elsewhere = target('work', 'static', '/srv/work');
      registry.register(elsewhere);
      expect(emitted()).toEqual(['server-unregistered', 'server-registered', 'server-registered']);

      const { name = '' } = registry.at({ socket: '/tmp/tmux-0/work' })?.target ?? {};
      expect(name).toMatch(/^work-[0-9a-f]{6}$/);
      expect(codeOf(registry.register(target('work', 'discovered')))).toBe('unchanged');
      observe(name, failed('refused', DEAD));
      expect(deaths()).toMatchObject([{ server: { name, pid: INCARNATION.pid } }]);
      expect(registry.list()).toMatchObject([{ target: elsewhere, life: null }]);
    });

    it('is told before the events of it, so that a swap of two names mixes up nothing', () => {
      up('discovered', 'a');
      registry.register(target('b', 'discovered'));
      subject.told.splice(0);
      observe('b', answered(NEXT_LIFE));

      registry.together(() => {
        registry.register(target('a', 'static', '/tmp/tmux-0/b'));
        registry.register(target('b', 'static', '/tmp/tmux-0/a'));
      });
      expect(subject.told.map((line) => line.replace(/a-[0-9a-f]{6}/, 'A'))).toEqual([
        'server-up b',
        'a is A',
        'server-unregistered a',
        'server-registered A',
        'b is a',
        'server-unregistered b',
        'server-registered a',
        'A is b',
        'server-unregistered A',
        'server-registered b',
      ]);
    });

    it('is given to a server whose path another one was moved to', () => {
      up('static');
      registry.register(target('b', 'discovered'));
      observe('b', answered(NEXT_LIFE));
      registry.move('work', '/tmp/tmux-0/b');

      const name = `b+${NEXT_INCARNATION.pid}`;
      observe(name, failed('no_socket', { ...DEAD, connect: 'absent' }));
      expect(deaths()).toMatchObject([{ server: { name, pid: NEXT_INCARNATION.pid } }]);
      expect(registry.list()).toMatchObject([{ target: { name: 'work', socket: '/tmp/tmux-0/b' } }]);
    });

    it('is that of an entry whose link leads to a living server by now', () => {
      registry.register(target('work', 'static'));
      up('discovered', 'b');
      registry.move('work', '/tmp/tmux-0/b');
      observe('work', failed('refused', DEAD));

      expect(deaths()).toMatchObject([{ server: { name: 'work', pid: INCARNATION.pid } }]);
      expect(registry.list()).toMatchObject([
        { target: { name: 'work', given: '/tmp/tmux-0/work', socket: '/tmp/tmux-0/b' } },
      ]);
    });

    it('is free even if the name with the suffix is taken', () => {
      up('discovered');
      registry.register(target('work', 'static', '/srv/work'));
      const { name = '' } = registry.at({ socket: '/tmp/tmux-0/work' })?.target ?? {};
      registry.register(target(name, 'static', '/srv/other'));

      const next = registry.at({ socket: '/tmp/tmux-0/work' });
      expect(next).toMatchObject({ life: { incarnation: INCARNATION } });
      expect(registry.list()).toHaveLength(3);
    });

    it('can be that of a living server, which gets another one', () => {
      up('discovered', 'a');
      registry.register(target('b', 'discovered'));
      observe('b', answered(NEXT_LIFE));

      registry.register(target('a', 'static', '/tmp/tmux-0/b'));
      for (const record of registry.list()) observe(record.target.name, failed('refused', DEAD));

      expect(deaths().map(({ server }) => server?.pid)).toEqual([NEXT_INCARNATION.pid, INCARNATION.pid]);
    });
  });

  describe('deregistering', () => {
    it('forgets the server and its deaths', () => {
      up('static');
      observe('work', failed('refused', DEAD));
      emitted();

      expect(registry.deregister('work', false).kind).toBe('deregistered');

      expect(registry.view()).toEqual({ records: [], tombstones: [] });
      expect(emitted()).toEqual(['server-unregistered']);
    });

    it('keeps discovery from registering it again if `stayAway` is set, until a person does', () => {
      up('discovered');
      registry.deregister('work', true);

      expect(codeOf(registry.register(target('work', 'discovered')))).toBe('ignored');
      expect(codeOf(registry.register(target('work', 'api')))).toBe('registered');
      registry.deregister('work', false);
      expect(codeOf(registry.register(target('work', 'discovered')))).toBe('registered');
    });

    it('of a server that lost its path keeps only its process away, not later servers of the path', () => {
      up('discovered');
      observe('work', answered(NEXT_LIFE, { process: 'alive' }));
      const ghost = registry.list().find(({ target: { displacedPid } }) => displacedPid !== undefined);
      if (!ghost?.life?.process) throw new Error('expected a displaced server');
      registry.deregister(ghost.target.name, true);
      const found = foundProcess(ghost.life.process);
      expect(codeOf(registry.adopt(ghost.target, found))).toBe('ignored');

      observe('work', failed('refused', DEAD));
      expect(codeOf(registry.adopt(target('work', 'discovered'), found))).toBe('ignored');
      expect(codeOf(registry.register(target('work', 'discovered')))).toBe('registered');
    });

    it('of a server whose socket was moved keeps its process away, too, until a person registers it', () => {
      up('discovered');
      registry.move('work', '/srv/moved');
      const mark = registry.get('work')?.life?.process;
      if (!mark) throw new Error('expected a process');
      registry.deregister('work', true);
      const found = foundProcess(mark);
      const adopt = () => codeOf(registry.adopt(target('work', 'discovered'), found));
      expect(adopt()).toBe('ignored');

      registry.register(target('moved', 'api', '/srv/moved'));
      observe('moved', answered());
      registry.deregister('moved', false);
      expect(adopt()).toBe('registered');
    });

    it('of a configured server keeps its entry away, wherever its socket was moved', () => {
      const entry = target('work', 'static');
      up('static');
      registry.move('work', '/srv/moved');
      registry.deregister('work', true);
      expect(registry.isRemoved(entry)).toBe(true);

      registry.register(entry);
      registry.deregister('work', false);
      expect(registry.isRemoved(entry)).toBe(false);
    });

    it('refuses a name that nobody knows', () => {
      expect(registry.deregister('work', true)).toEqual({
        kind: 'refused',
        code: 'unknown_server',
        message: 'no server is registered as "work"',
      });
    });

    it('leaves a living server as a discovered one if it only is not configured any more', () => {
      up('static');
      registry.release('work');
      expect(emitted()).toEqual([]);
      observe('work', failed('refused', DEAD));

      expect(emitted()).toEqual(['server-gone']);
      expect(registry.list()).toEqual([]);
    });

    it('removes a server that is not configured any more and does not live', () => {
      registry.register(target('work', 'static'));
      registry.release('work');

      expect(emitted()).toEqual(['server-registered', 'server-unregistered']);
    });

    it('discards a poll that was in flight', () => {
      up('static');
      const old = registry.get('work')?.generation ?? 0;
      registry.deregister('work', false);
      registry.register(target('work', 'static'));
      const view = registry.view();

      registry.apply('work', old, failed('refused', DEAD));

      expect(registry.view()).toBe(view);
    });
  });

  describe('a death', () => {
    it('leaves a static server waiting as gone, with nothing of its life', () => {
      up('static');
      observe('work', failed('refused', DEAD));

      expect(registry.get('work')).toMatchObject({
        state: 'gone',
        death: { reason: 'lost', at: NOW },
        life: null,
        snapshot: null,
        seenAlive: false,
      });
      expect(emitted()).toEqual(['server-gone']);
    });

    it.each(['api', 'discovered'] as const)('deregisters a server that is %s', (registration) => {
      up(registration);
      observe('work', failed('refused', DEAD));

      expect(registry.list()).toEqual([]);
      expect(registry.view().tombstones).toMatchObject([{ name: 'work', deaths: { lost: 1 }, lingering: true }]);
      expect(emitted()).toEqual(['server-gone']);
    });

    it('is reported once, however often it is found', () => {
      up('static');
      for (let polls = 0; polls < 5; polls++) observe('work', failed('refused', DEAD));

      expect(emitted()).toEqual(['server-gone']);
    });

    it('counts one more with each life', () => {
      for (const watch of ['ended', 'nothing', 'nothing'] as const) {
        up('static');
        observe('work', failed('refused', { ...DEAD, watch }));
      }

      expect(registry.view().tombstones).toMatchObject([{ deaths: { exited: 1, crashed: 2 } }]);
    });

    it('has the cause that the server itself named, in its event and in what is kept of it', () => {
      up('static');
      observe('work', failed('refused', { ...DEAD, watch: 'shut_down' }));

      expect(subject.emitted.at(-1)?.event).toMatchObject({ type: 'server-gone', cause: 'shut_down' });
      expect(registry.view().tombstones).toMatchObject([{ death: { reason: 'exited', cause: 'shut_down' } }]);
    });

    it('and the return are one incident', () => {
      up('discovered');
      observe('work', failed('refused', DEAD));
      registry.register(target('work', 'discovered'));
      observe('work', answered(NEXT_LIFE));

      const [gone, , back] = subject.emitted.map(({ event }) => event);
      expect([gone?.type, back?.type]).toEqual(['server-gone', 'server-up']);
      expect(gone?.incident).toBe(gone?.id);
      expect(back?.incident).toBe(gone?.id);
      expect(registry.get('work')?.incident).toBeNull();
      expect(registry.view().tombstones).toMatchObject([{ name: 'work', incident: null }]);
    });

    it('by a replacement is a death and a return in one step', () => {
      up('static');
      observe('work', answered(NEXT_LIFE, { process: 'dead' }));

      const [gone, back] = subject.emitted.map(({ event }) => event);
      expect([gone?.type, back?.type]).toEqual(['server-gone', 'server-up']);
      expect(gone).toMatchObject({ reason: 'replaced', server: { pid: INCARNATION.pid } });
      expect(back).toMatchObject({ incident: gone?.id, server: { pid: NEXT_INCARNATION.pid } });
      expect(registry.get('work')).toMatchObject({ state: 'up', life: { incarnation: NEXT_INCARNATION } });
    });

    it('lingers for a while', () => {
      up('discovered');
      observe('work', failed('refused', DEAD));
      const view = registry.view();

      subject.now = NOW + LINGER_MS - 1;
      registry.sweep();
      expect(registry.view()).toBe(view);

      subject.now = NOW + LINGER_MS;
      registry.sweep();
      expect(registry.view().tombstones).toMatchObject([{ name: 'work', lingering: false }]);
    });
  });

  describe('a second server over the lost socket of the first', () => {
    /** The name under which the first goes on. */
    const FIRST = `work+${INCARNATION.pid}`;

    function displace(): void {
      observe('work', answered(NEXT_LIFE, { process: 'alive' }));
    }

    it('is no death: the first goes on by its process alone, and the second is up', () => {
      up('static');
      displace();

      expect(emitted()).toEqual(['server-unreachable', 'server-up']);
      expect(registry.view()).toMatchObject({
        records: [
          { target: { name: 'work' }, state: 'up', life: { incarnation: NEXT_INCARNATION } },
          { target: { name: FIRST }, state: 'unreachable', life: { incarnation: INCARNATION }, snapshot: null },
        ],
        tombstones: [],
      });
    });

    it('gives the first its new name before anything else is told', () => {
      up('static');
      subject.told.splice(0);
      displace();

      expect(subject.told).toEqual([`work is ${FIRST}`, `server-unreachable ${FIRST}`, 'server-up work']);
    });

    it('has seen the first alive', () => {
      up('static');
      subject.now = NOW + 5_000;
      registry.apply('work', registry.get('work')?.generation ?? -1, {
        ...answered(NEXT_LIFE, { process: 'alive' }),
        startedAt: subject.now,
      });
      subject.now = NOW + 6_000;
      observe(FIRST, failed('no_socket', { ...DEAD, connect: 'absent' }));

      expect(subject.emitted.at(-1)?.event).toMatchObject({ type: 'server-gone', detection_ms: 1_000 });
    });

    it('opens an incident of the first, and none of the second', () => {
      up('static');
      displace();

      const [lost, back] = subject.emitted.map(({ event }) => event);
      expect(lost).toMatchObject({ incident: lost?.id, server: { name: FIRST, pid: INCARNATION.pid } });
      expect(back).toMatchObject({ incident: null, server: { name: 'work', pid: NEXT_INCARNATION.pid } });
      expect([registry.get('work')?.incident, registry.get(FIRST)?.incident]).toEqual([null, lost?.id]);
    });

    it('continues the incident of a socket that was lost, which it does not report again', () => {
      up('static');
      observe('work', failed('no_socket', { connect: 'absent', process: 'alive' }));
      displace();
      const [lost] = subject.emitted.map(({ event }) => event);
      expect(emitted()).toEqual(['server-unreachable', 'server-up']);

      observe(FIRST, failed('no_socket', { ...DEAD, connect: 'absent' }));

      expect(subject.emitted.map(({ event }) => event)).toMatchObject([{ type: 'server-gone', incident: lost?.id }]);
    });

    it('dies by itself: the second lives on', () => {
      up('static');
      displace();
      observe(FIRST, failed('no_socket', { ...DEAD, connect: 'absent' }));

      expect(emitted()).toEqual(['server-unreachable', 'server-up', 'server-gone']);
      expect(registry.list()).toMatchObject([{ target: { name: 'work' }, state: 'up' }]);
    });

    it('is named after the pid of its process here, if the server calls itself by another one', () => {
      const contained = answered();
      if (contained.answer.kind !== 'snapshot') throw new Error('expected an answer');
      registry.register(target('work', 'static'));
      observe('work', { ...contained, answer: { ...contained.answer, process: { pid: 20_101, start: '98' } } });
      displace();

      expect(registry.list().map(({ target: { name } }) => name)).toEqual(['work', 'work+20101']);
    });

    it('loses the path to the first again: nobody is known under two names', () => {
      up('static');
      displace();
      observe('work', answered(sampleSnapshot(), { process: 'alive' }));

      expect(registry.list()).toMatchObject([
        { target: { name: 'work' }, state: 'up', life: { incarnation: INCARNATION } },
        { target: { name: `work+${NEXT_INCARNATION.pid}` }, life: { incarnation: NEXT_INCARNATION } },
      ]);
      const [lost, , recovered] = subject.emitted.map(({ event }) => event);
      expect(recovered).toMatchObject({ type: 'server-recovered', incident: lost?.id, server: { name: FIRST } });
    });

    it('was moved out of the way of the first, as the cure says: nobody is known under two names', () => {
      up('static');
      displace();
      emitted();
      registry.move('work', '/tmp/tmux-0/work-new');
      registry.register(target('work', 'discovered'));
      const name = registry.at({ socket: '/tmp/tmux-0/work' })?.target.name ?? '';
      observe(name, answered());

      expect(registry.list()).toMatchObject([
        { target: { name: 'work', socket: '/tmp/tmux-0/work-new' }, life: { incarnation: NEXT_INCARNATION } },
        { target: { name }, life: { incarnation: INCARNATION } },
      ]);
      expect(emitted()).toEqual(['server-registered', 'server-recovered', 'server-unregistered', 'server-up']);
    });

    it('is found at another path: it is displaced no more', () => {
      up('static');
      displace();
      emitted();
      registry.register(target('elsewhere', 'discovered'));
      observe('elsewhere', answered());

      expect(registry.list().map((record) => record.target.name)).toEqual(['elsewhere', 'work']);
      expect(emitted()).toEqual(['server-registered', 'server-recovered', 'server-unregistered', 'server-up']);
    });

    it('dies and gives the path back to the first: its death is reported once', () => {
      up('static');
      displace();
      observe('work', answered(sampleSnapshot(), { process: 'dead' }));
      observe('work', failed('refused', DEAD));

      const deaths = subject.emitted.filter(({ event }) => event.type === 'server-gone');
      expect(deaths.map(({ event }) => event.server?.pid)).toEqual([NEXT_INCARNATION.pid, INCARNATION.pid]);
      expect(registry.list()).toMatchObject([{ target: { name: 'work' }, state: 'gone' }]);
    });

    /** Moves the socket of another server to its path. */
    function moveOver(): void {
      registry.register(target('other', 'static'));
      observe('other', answered(NEXT_LIFE));
      registry.move('other', '/tmp/tmux-0/work');
    }

    it.each([
      ['is started', displace],
      ['is moved', moveOver],
    ])('gets a name of its own if another server is called so, when a server %s there', (_, takePath) => {
      up('discovered');
      registry.register(target(FIRST, 'discovered'));
      observe(FIRST, answered(sampleSnapshot({ incarnation: { pid: 5, startedAt: 5 } })));
      takePath();

      const pids = registry.list().map(({ target: { name }, life }) => [name, life?.incarnation.pid]);
      expect(pids).toContainEqual([FIRST, 5]);
      expect(pids).toContainEqual([expect.stringMatching(/^work\+4242-[0-9a-f]{6}$/), INCARNATION.pid]);
    });

    it('does not lend it its sessions', () => {
      up('static');
      observe('work', answered(sampleSnapshot({ ...NEXT_LIFE, sessions: [sampleSession(5)] }), { process: 'alive' }));

      expect(emitted()).not.toContain('session-created');
    });
  });

  describe('a server whose socket was moved', () => {
    const lostAfter = (ms: number) => {
      observe('work', failed('no_socket', { connect: 'absent' }, NOW + ms));
      return emitted();
    };

    beforeEach(() => {
      up('discovered');
      registry.move('work', '/tmp/tmux-0/aside');
    });

    it('is unreachable only if it is not at its path 10 s later: it may have been moved on', () => {
      expect([lostAfter(1), lostAfter(9_999)]).toEqual([[], []]);
      expect(registry.get('work')?.state).toBe('up');
      expect(lostAfter(10_000)).toEqual(['server-unreachable']);
    });

    it('is polled at least twice before that, however seldom it is polled', () => {
      expect([lostAfter(60_000), lostAfter(120_000)]).toEqual([[], ['server-unreachable']]);
    });
  });

  describe('adopting a process of which nothing else is known', () => {
    const ghost = foundProcess({ pid: 77, start: '99' }, NOW / 1_000 - 60);

    it('takes it for a life that has not answered yet', () => {
      registry.adopt(target('ghost', 'discovered'), ghost);

      expect(registry.get('ghost')).toMatchObject({
        seenAlive: true,
        life: { incarnation: { pid: 77 }, process: ghost.mark, version: null, holds: null },
      });
      expect(emitted()).toEqual(['server-registered']);
    });

    it('is free the second time', () => {
      registry.adopt(target('ghost', 'discovered'), ghost);
      const view = registry.view();

      expect(registry.adopt(target('ghost', 'discovered'), ghost).kind).toBe('unchanged');
      expect(registry.view()).toBe(view);
    });

    it('does not take a process that is known by another name for another life', () => {
      up('static');
      const mark = { pid: INCARNATION.pid, start: '99' };

      expect(registry.adopt(target('ghost', 'discovered'), { ...ghost, mark })).toMatchObject({
        kind: 'unchanged',
        record: { target: { name: 'work' } },
      });
      expect(emitted()).toEqual([]);
    });

    it('changes nothing of a life that is known', () => {
      up('static');
      const life = registry.get('work')?.life;

      registry.adopt(target('work', 'discovered'), ghost);

      expect(registry.get('work')?.life).toBe(life);
    });

    it('reports its death, and does not know what was lost', () => {
      registry.adopt(target('ghost', 'discovered'), ghost);
      observe('ghost', failed('no_socket', { ...DEAD, connect: 'absent' }));

      expect(subject.emitted.at(-1)?.event).toMatchObject({ type: 'server-gone', lost: null, server: { pid: 77 } });
    });
  });

  describe('what the processes of a server use', () => {
    const PROCESSES: ServerProcesses = { layout: sampleSnapshot(), sessions: new Map(), panes: new Map() };

    function note(name: string, generation = registry.get(name)?.generation ?? -1): void {
      registry.noteProcesses(name, generation, PROCESSES);
    }

    it('is kept while polls fail, and shown by a new view', () => {
      up('static');
      const before = registry.view();
      note('work');
      expect(registry.view()).not.toBe(before);
      observe('work', failed('timeout'));
      expect(registry.get('work')?.processes).toBe(PROCESSES);
    });

    it.each<Registration>(['static', 'discovered'])('is forgotten at the death of a %s server', (registration) => {
      up(registration);
      note('work');
      observe('work', failed('refused', DEAD));
      expect(registry.get('work')?.processes ?? null).toBeNull();
    });

    it('is forgotten when a server is replaced, and when it is deregistered', () => {
      up('static');
      note('work');
      observe('work', answered(NEXT_LIFE, { process: 'dead' }));
      expect(registry.get('work')).toMatchObject({ state: 'up', processes: null });
      note('work');
      registry.deregister('work', false);
      up('static');
      expect(registry.get('work')?.processes).toBeNull();
    });

    it('is discarded if it is of an older registration', () => {
      up('static');
      const { generation = -1 } = registry.get('work') ?? {};
      registry.deregister('work', false);
      up('static');
      note('work', generation);
      expect(registry.get('work')?.processes).toBeNull();
    });

    it('costs the journal nothing', () => {
      up('static');
      const before = subject.journal.memories.length;
      note('work');
      expect(subject.journal.memories).toHaveLength(before);
    });
  });

  describe('emitting', () => {
    it('comes after the step is stored, in order', () => {
      const journal = new MemoryJournal();
      const order: string[] = [];
      const step = journal.step.bind(journal);
      journal.step = (work) => {
        const result = step(work);
        order.push('stored');
        return result;
      };
      const limits = () => ({ maxServers: 9, lingerMs: LINGER_MS });
      const observed = new Registry({
        journal,
        onEvent: ({ event }) => order.push(event.type),
        clock: unsetClock(() => NOW),
        limits,
      });

      observed.register(target('work', 'discovered'));
      observed.register(target('mine', 'static', '/tmp/tmux-0/work'));

      expect(order).toEqual(['stored', 'server-registered', 'stored', 'server-unregistered', 'server-registered']);
    });

    it('emits each event once if a listener registers a server itself', () => {
      const journal = new MemoryJournal();
      const order: string[] = [];
      const limits = () => ({ maxServers: 9, lingerMs: LINGER_MS });
      const observed: Registry = new Registry({
        journal,
        onEvent: ({ event }) => {
          if (order.push(event.id) === 1) observed.register(target('other', 'api'));
        },
        clock: unsetClock(() => NOW),
        limits,
      });

      observed.register(target('work', 'static'));

      expect(order).toEqual(['test-1', 'test-2']);
    });
  });
});
