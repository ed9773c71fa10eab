import { beforeEach, describe, expect, it } from '@jest/globals';
import { WEDGED_AFTER_MS } from '../../../src/core/death/verdict.ts';
import type { EventType, TmuxEvent } from '../../../src/core/event/event.ts';
import type { Observation } from '../../../src/core/model/observation.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { MemoryJournal } from '../../support/daemon/memory-journal.ts';
import { FakeClock } from '../../support/sample/fake-clock.ts';
import {
  answered,
  DEAD,
  failed,
  INCARNATION,
  NOW,
  sampleDeath,
  sampleSnapshot,
  TARGET,
  upRecord,
} from '../../support/sample/sample.ts';

const HOUR = 3_600_000;
const LINGER_MS = 300_000;
const REFUSED = { connect: 'refused', process: 'alive', tmux: 'not_asked' } as const;

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('Registry, after the wall clock was set %s by an hour', (_, stepMs) => {
  let clock: FakeClock;
  let emitted: TmuxEvent[];
  let registry: Registry;

  beforeEach(() => {
    clock = new FakeClock(NOW);
    emitted = [];
    registry = new Registry({
      journal: new MemoryJournal(),
      onEvent: ({ event }) => emitted.push(event),
      clock,
      limits: () => ({ maxServers: 9, lingerMs: LINGER_MS }),
    });
    registry.register(TARGET);
    observe(answered());
    emitted = [];
  });

  function observe(observation: Observation, startedAt = clock.uptime()): void {
    registry.apply(TARGET.name, registry.get(TARGET.name)?.generation ?? -1, { ...observation, startedAt });
  }

  function event<T extends EventType>(type: T): Extract<TmuxEvent, { type: T }> {
    expect(emitted.map((one) => one.type)).toEqual([type]);
    return emitted[0] as Extract<TmuxEvent, { type: T }>;
  }

  it('calls a server wedged only after it refused for as long as it may', () => {
    observe(failed('refused', REFUSED));
    clock.pass(1_000);
    clock.step(stepMs);
    observe(failed('refused', REFUSED));
    expect([emitted, registry.get(TARGET.name)?.state]).toEqual([[], 'up']);

    clock.pass(WEDGED_AFTER_MS);
    observe(failed('refused', REFUSED));

    expect(event('server-unreachable').cause).toBe('wedged');
  });

  it('does not call a server wedged by a poll that began before', () => {
    observe(failed('refused', REFUSED));
    const begunAt = clock.uptime();
    clock.pass(1_000);
    clock.step(stepMs);

    observe(failed('refused', REFUSED), begunAt);

    expect(emitted).toEqual([]);
  });

  it('reports how long a death took to be found, and how long the server lived', () => {
    clock.pass(1_000);
    observe(answered());
    clock.step(stepMs);
    clock.pass(3_000);

    observe(failed('refused', DEAD));

    const gone = event('server-gone');
    expect([gone.detection_ms, gone.uptime_seconds]).toEqual([3_000, 3_601]);
    const lastSeen = new Date(clock.now() - 3_000).toISOString();
    expect([gone.last_seen, gone.lost?.as_of]).toEqual([lastSeen, lastSeen]);
  });

  it('reports it even if the clock was set while a death was examined', () => {
    const diedAt = clock.uptime();
    clock.pass(20);
    clock.step(stepMs);

    observe({ ...failed('refused', DEAD), diedAt });

    expect(event('server-gone')).toMatchObject({ detection_ms: 20, uptime_seconds: 3_600 });
  });

  it('counts the life of a server that began by the new clock from its beginning', () => {
    observe(failed('refused', DEAD));
    clock.step(stepMs);
    registry.sweep();
    const incarnation = { pid: 4343, startedAt: clock.now() / 1_000 };
    observe(answered(sampleSnapshot({ incarnation })));
    emitted = [];
    clock.pass(7_000);

    observe({ ...failed('refused', DEAD), diedAt: clock.uptime() });

    expect(event('server-gone').uptime_seconds).toBe(7);
  });

  it('reports how long an outage took', () => {
    observe(failed('timeout'));
    observe(failed('timeout'));
    emitted = [];
    clock.pass(4_000);
    clock.step(stepMs);
    clock.pass(6_000);

    observe(answered());

    expect(event('server-recovered').outage_seconds).toBe(10);
  });

  it('lets a death linger for as long as it should', () => {
    const lingering = () => registry.view().tombstones.map((tombstone) => tombstone.lingering);
    observe(failed('refused', DEAD));
    clock.step(stepMs);
    clock.pass(LINGER_MS - 1);
    registry.sweep();
    expect(lingering()).toEqual([true]);

    clock.pass(1);
    registry.sweep();

    expect(lingering()).toEqual([false]);
    expect(registry.get(TARGET.name)?.death?.at).toBe(NOW);
  });
});

describe('Registry.restore, by a clock that was wrong', () => {
  let clock: FakeClock;
  let emitted: TmuxEvent[];
  let registry: Registry;

  beforeEach(() => {
    clock = new FakeClock(NOW - HOUR);
    emitted = [];
    registry = new Registry({
      journal: new MemoryJournal(),
      onEvent: ({ event }) => emitted.push(event),
      clock,
      limits: () => ({ maxServers: 9, lingerMs: LINGER_MS }),
    });
  });

  it('lets a death in the future linger no longer than any other', () => {
    const tombstone = { name: 'work', death: sampleDeath('lost'), deaths: {}, incident: null, lingering: true };
    registry.restore(
      { servers: [], tombstones: [tombstone], bootId: null, pidNamespace: null },
      { bootId: null, pidNamespace: null, isConfigured: () => true, fileAt: () => null },
    );

    clock.pass(LINGER_MS - 1);
    registry.sweep();
    expect(registry.view().tombstones).toMatchObject([{ lingering: true }]);
    clock.pass(1);
    registry.sweep();
    expect(registry.view().tombstones).toMatchObject([{ lingering: false }]);
  });

  it('saw no server in the future', () => {
    const { target, state, since, unreachable, incident, life } = upRecord(
      sampleSnapshot({ incarnation: INCARNATION }),
    );
    const saved = { target, state, since, unreachable, incident, life, fresh: true };
    registry.restore(
      { servers: [saved], tombstones: [], bootId: null, pidNamespace: null },
      { bootId: null, pidNamespace: null, isConfigured: () => true, fileAt: () => null },
    );
    const began = clock.now();
    clock.pass(2_000);

    const { generation } = registry.get(target.name) ?? { generation: -1 };
    registry.apply(target.name, generation, { ...failed('refused', DEAD), startedAt: clock.uptime() });

    expect(emitted).toMatchObject([
      { type: 'server-gone', last_seen: new Date(began).toISOString(), detection_ms: 2_000, uptime_seconds: 0 },
    ]);
  });
});
