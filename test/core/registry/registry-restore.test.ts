import { beforeEach, describe, expect, it } from '@jest/globals';
import { MOST_UNDECIDED } from '../../../src/core/death/verdict.ts';
import type { Observation } from '../../../src/core/model/observation.ts';
import type { SavedServer } from '../../../src/core/record/record.ts';
import type { Remembered } from '../../../src/core/registry/journal.ts';
import { Subject } from '../../support/sample/registry-model.ts';
import {
  answered,
  DEAD,
  failed,
  INCARNATION,
  NEXT_INCARNATION,
  NOW,
  sampleSession,
  sampleSnapshot,
  upRecord,
} from '../../support/sample/sample.ts';

const HOUR_MS = 3_600_000;

const HERE = 'pid:[4026531836]';
const ELSEWHERE = 'pid:[4026532201]';

function saved(name: string, server: Partial<SavedServer> = {}): SavedServer {
  const { target, state, since, unreachable, incident, life } = upRecord(sampleSnapshot(), {
    name,
    socket: `/tmp/tmux-0/${name}`,
  });
  return { target, state, since, unreachable, incident, life, fresh: true, ...server };
}

describe('Registry.restore', () => {
  let subject: Subject;

  beforeEach(() => {
    subject = new Subject();
    subject.now = NOW + HOUR_MS;
  });

  function restore(remembered: Partial<Remembered>, bootId = 'boot-1', isConfigured = true): void {
    const kept = { servers: [], tombstones: [], bootId: 'boot-1', pidNamespace: HERE, ...remembered };
    const present = { bootId, pidNamespace: HERE, isConfigured: () => isConfigured, fileAt: fileOf };
    subject.registry.restore(kept, present);
  }

  function fileOf(socket: string): string {
    return `1:${socket}`;
  }

  function observe(name: string, observation = failed('refused', DEAD)): void {
    subject.registry.apply(name, subject.registry.get(name)?.generation ?? -1, observation);
  }

  function emitted() {
    return subject.emitted.map(({ event }) => event);
  }

  it('goes on with a server that lived through it, in silence', () => {
    restore({ servers: [saved('work')] });
    observe('work', answered());

    expect(emitted()).toEqual([]);
    expect(subject.registry.get('work')).toMatchObject({ state: 'up', since: NOW });
  });

  it('knows a server by another name of its socket, without a word', () => {
    restore({ servers: [saved('work')] });
    const { registry } = subject;
    const found = registry.register(
      { name: 'hard', socket: '/tmp/tmux-0/hard', registration: 'discovered' },
      fileOf('/tmp/tmux-0/work'),
    );

    expect(found).toMatchObject({ kind: 'unchanged', record: { target: { name: 'work' } } });
    expect(registry.ofFile(fileOf('/tmp/tmux-0/work'))).toBeUndefined();
    expect(emitted()).toEqual([]);
  });

  describe('with an answer whose process is undecided, as on a busy machine', () => {
    const moved = answered(sampleSnapshot({ sessions: [sampleSession(0, { name: 'main' }), sampleSession(1)] }));
    if (moved.answer.kind === 'failure') throw new Error('expected an answer');
    const proven: Observation = { ...moved, answer: { ...moved.answer, file: '1:2' } };
    const { process } = moved.answer;
    const undecided: Observation = {
      ...moved,
      answer: { ...moved.answer, file: '1:2', process: null, undecided: process, isProven: false },
    };

    function life() {
      return subject.registry.get('work')?.life;
    }

    it('goes on with the life, and tries to prove it at the next poll', () => {
      restore({ servers: [saved('work')] });
      observe('work', undecided);
      expect(subject.registry.list()).toMatchObject([{ state: 'up', life: { process, files: [] } }]);

      observe('work', proven);
      expect(life()).toMatchObject({ process, files: ['1:2'] });
      expect(emitted().map(({ type }) => type)).toEqual(['session-created']);

      observe('work');
      expect(emitted().filter(({ type }) => type === 'server-gone')).toHaveLength(1);
    });

    it('reports its death at once and once, whoever answers', () => {
      restore({ servers: [saved('work')] });
      observe('work', undecided);
      observe('work', { ...undecided, evidence: { ...undecided.evidence, process: 'dead' } });

      expect(emitted().filter(({ type }) => type === 'server-gone')).toMatchObject([
        { server: { name: 'work', pid: INCARNATION.pid } },
      ]);
    });

    it('takes it for displaced after some polls in a row, also if some failed between them', () => {
      restore({ servers: [saved('work')] });
      for (let polls = 0; polls < MOST_UNDECIDED; polls++) {
        observe('work', undecided);
        observe('work', failed('timeout'));
        expect(subject.registry.list()).toHaveLength(1);
      }
      observe('work', undecided);

      expect(subject.registry.list()).toMatchObject([
        { target: { name: 'work' }, life: { process: null } },
        { target: { name: `work+${INCARNATION.pid}` }, life: { process } },
      ]);
    });

    it('counts anew after a proof', () => {
      restore({ servers: [saved('work')] });
      for (let polls = 0; polls < MOST_UNDECIDED; polls++) observe('work', undecided);
      observe('work', proven);
      observe('work', undecided);

      expect(subject.registry.list()).toMatchObject([{ target: { name: 'work' }, life: { process } }]);
    });
  });

  it('reports sessions that were created and closed meanwhile', () => {
    restore({ servers: [saved('work')] });
    observe('work', answered(sampleSnapshot({ sessions: [sampleSession(7)] })));

    expect(emitted().map(({ type }) => type)).toEqual(['session-closed', 'session-created']);
  });

  it('stores no long list of sessions anew at each poll, and takes none of them for new after a restart', () => {
    const many = Array.from({ length: 20_000 }, (_, number) => sampleSession(number));
    restore({ servers: [saved('work')] });
    observe('work', answered(sampleSnapshot({ sessions: many })));
    const memory = subject.journal.memories.at(-1);
    const next = new Subject();
    if (memory?.kind !== 'server') throw new Error('expected the server to be remembered');
    next.registry.restore(
      { servers: [memory.server], tombstones: [], bootId: 'boot-1', pidNamespace: null },
      { bootId: 'boot-1', pidNamespace: null, isConfigured: () => true, fileAt: () => null },
    );
    next.registry.apply(
      'work',
      next.registry.get('work')?.generation ?? -1,
      answered(sampleSnapshot({ sessions: many })),
    );

    expect(JSON.stringify(memory).length).toBeLessThan(4_000);
    expect(next.emitted).toEqual([]);
    expect(next.registry.get('work')?.life?.sessions).toHaveLength(20_000);
  });

  describe('of an exporter that moved to another pid namespace', () => {
    const { life } = saved('work');
    const ofProcess = life && { ...life, version: null };

    function move(server: SavedServer, bootId = 'boot-1'): void {
      restore({ servers: [server], pidNamespace: ELSEWHERE }, bootId);
    }

    function processOf(name: string) {
      return subject.registry.get(name)?.life?.process;
    }

    it('goes on with a living server in silence, and does not look for the process that had its pid', () => {
      move(saved('work'));
      expect(processOf('work')).toBeNull();
      observe('work', answered(sampleSnapshot(), { process: 'unknown' }));

      expect(emitted()).toEqual([]);
      expect(subject.registry.get('work')).toMatchObject({ state: 'up', since: NOW });
    });

    it('reports the death of a server if another life answers at its path', () => {
      move(saved('work'));
      observe('work', answered(sampleSnapshot({ incarnation: NEXT_INCARNATION }), { process: 'unknown' }));

      expect(emitted()).toMatchObject([{ type: 'server-gone', reason: 'replaced' }, { type: 'server-up' }]);
    });

    it.each<[string, SavedServer]>([
      [
        'was displaced',
        saved('work', { target: { ...saved('work').target, registration: 'discovered', displacedPid: 42 } }),
      ],
      [
        'never answered',
        saved('work', { target: { ...saved('work').target, registration: 'discovered' }, life: ofProcess }),
      ],
      [
        'has lost its socket',
        saved('work', {
          target: { ...saved('work').target, registration: 'discovered' },
          state: 'unreachable',
          unreachable: 'socket_lost',
        }),
      ],
      [
        'is reached through its process',
        saved('work', { target: { ...saved('work').target, registration: 'discovered', socket: '/proc/42/root/x' } }),
      ],
    ])('leaves a server that %s, without a death: only its process led to it', (_, server) => {
      move(server);

      expect(emitted().map(({ type }) => type)).toEqual(['server-unregistered']);
      expect(subject.registry.list()).toEqual([]);
    });

    it('keeps the registration of one that a person named, without its life', () => {
      move(
        saved('work', {
          target: { ...saved('work').target, registration: 'api' },
          state: 'unreachable',
          unreachable: 'socket_lost',
        }),
      );

      expect(emitted()).toEqual([]);
      expect(subject.registry.list()).toMatchObject([{ state: 'pending', life: null, seenAlive: false }]);
    });

    it('reports all as dead if the machine was restarted', () => {
      move(saved('work'), 'boot-2');
      observe('work');

      expect(emitted().map(({ type }) => type)).toEqual(['host-rebooted', 'server-gone']);
    });

    it.each([
      ['the former namespace is not known', null, 'boot-1'],
      ['it is the same one', HERE, 'boot-1'],
      ['the former boot is not known', ELSEWHERE, null],
    ])('does not count as moved if %s', (_, pidNamespace, bootId) => {
      restore({ servers: [saved('work')], pidNamespace, bootId });

      expect(processOf('work')).toEqual(life?.process);
    });
  });

  it('reports a death that happened meanwhile, with the time it was last seen', () => {
    restore({ servers: [saved('work')] });
    observe('work');

    expect(emitted()).toMatchObject([
      { type: 'server-gone', reason: 'lost', last_seen: '2026-03-01T12:00:00.000Z', detection_ms: HOUR_MS },
    ]);
  });

  it('ends an incident that was open', () => {
    restore({ servers: [saved('work', { state: 'unresponsive', incident: 'test-0' })] });
    observe('work', answered());

    expect(emitted()).toMatchObject([{ type: 'server-recovered', incident: 'test-0', outage_seconds: 3_600 }]);
  });

  it('keeps the deaths that were counted, and the incident that the next life ends', () => {
    const death = { reason: 'crashed', cause: 'unknown', at: NOW } as const;
    const tombstone = { name: 'work', death, deaths: { crashed: 3 }, incident: 'test-0', lingering: false };
    subject.registry.view();
    restore({ tombstones: [tombstone] });
    expect(subject.registry.view().tombstones).toEqual([tombstone]);

    subject.registry.register({ ...saved('work').target, registration: 'discovered' });
    observe('work', answered());

    expect(emitted().at(-1)).toMatchObject({ type: 'server-up', incident: 'test-0' });
  });

  it('takes a server that is not configured any more for a discovered one', () => {
    restore({ servers: [saved('work')] }, 'boot-1', false);
    observe('work');

    expect(subject.registry.list()).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['has another name by now', 'other', '/tmp/tmux-0/work'],
    ['lost its name to another socket', 'work', '/srv/work'],
  ])('reports the death of a server that %s', (_, name, socket) => {
    restore({ servers: [saved('work')] }, 'boot-1', false);
    subject.registry.register({ name, socket, registration: 'static' });
    for (const { target } of subject.registry.list()) observe(target.name);

    expect(emitted().filter(({ type }) => type === 'server-gone')).toMatchObject([
      { reason: 'lost', server: { pid: INCARNATION.pid, socket: '/tmp/tmux-0/work' }, lost: { sessions: 1 } },
    ]);
  });

  describe('after a reboot', () => {
    it('reports the death of a server that has another name by now', () => {
      restore({ servers: [saved('work')] }, 'boot-2', false);
      subject.registry.register({ name: 'other', socket: '/tmp/tmux-0/work', registration: 'static' });
      observe('other', answered(sampleSnapshot({ incarnation: NEXT_INCARNATION })));

      expect(emitted().filter(({ type }) => type === 'server-gone')).toMatchObject([
        { reason: 'rebooted', server: { name: 'other', pid: INCARNATION.pid } },
      ]);
    });

    it('reports it once, and each server that died with it', () => {
      const { life } = upRecord(sampleSnapshot({ incarnation: NEXT_INCARNATION }));
      restore({ servers: [saved('a'), saved('b', { life })] }, 'boot-2');
      observe('a');
      observe('b', answered(sampleSnapshot({ incarnation: { pid: 1, startedAt: 1 } })));

      expect(emitted().map(({ type }) => type)).toEqual(['host-rebooted', 'server-gone', 'server-gone', 'server-up']);
      expect(emitted().filter(({ type }) => type === 'server-gone')).toMatchObject([
        { reason: 'rebooted', server: { name: 'a' } },
        { reason: 'rebooted', server: { name: 'b' } },
      ]);
    });

    it('does not take a server with the same pid and start time for the one before', () => {
      restore({ servers: [saved('work')] }, 'boot-2');
      observe('work', answered());

      expect(emitted().map(({ type }) => type)).toEqual(['host-rebooted', 'server-gone', 'server-up']);
    });

    it('reports it once, even if the exporter ended before the first poll', () => {
      const { life } = saved('work');
      restore(
        { servers: [saved('work', { life: life && { ...life, earlierBoot: true } })], bootId: 'boot-2' },
        'boot-2',
      );
      observe('work');

      expect(emitted()).toMatchObject([{ type: 'server-gone', reason: 'rebooted' }]);
    });

    it('reports nothing if no server was alive', () => {
      restore({ servers: [saved('work', { life: null, state: 'pending' })] }, 'boot-2');

      expect(emitted()).toEqual([]);
    });

    it.each([
      ['the boot before is not known', { bootId: null }],
      ['the boot is the same', { bootId: 'boot-2' }],
    ])('is not assumed if %s', (_, remembered) => {
      restore({ servers: [saved('work')], ...remembered }, 'boot-2');
      observe('work', answered());

      expect(emitted()).toEqual([]);
    });
  });
});
