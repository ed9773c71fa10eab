import { describe, expect, it } from '@jest/globals';
import { fleetHost, hostEvent } from './fleet-sample.ts';
import { MemoryFleet } from './memory-fleet.ts';

/** A fleet with this many events of the host `a`, of which `capacity` are in memory. */
function fleetWith(events: number, capacity?: number): MemoryFleet {
  const fleet = new MemoryFleet(capacity === undefined ? {} : { capacity });
  for (let seq = 1; seq <= events; seq++) fleet.push('a', hostEvent('a', seq));
  return fleet;
}

describe('a fleet in memory', () => {
  it('keeps the newest events in memory and gives the others as older ones', async () => {
    const { log } = fleetWith(5, 2);
    expect([log.first, log.oldest, log.head]).toEqual([1, 4, 5]);
    expect(log.after(0).map(({ seq }) => seq)).toEqual([4, 5]);
    expect((await log.older(1, 10))?.events.map(({ seq }) => seq)).toEqual([2, 3]);
    expect((await log.older(0, 1))?.events.map(({ seq }) => seq)).toEqual([3]);
  });

  it('reads the cursors that it gives, and refuses those of a log that went back', async () => {
    const { log } = fleetWith(3);
    const cursor = log.cursorAt(3);
    expect(await log.readCursor(cursor)).toEqual({ kind: 'at', seq: 3 });
    log.rewind(2);
    expect(await log.readCursor(cursor)).toEqual({ kind: 'unservable', reason: 'future' });
    log.append('b', hostEvent('b', 1));
    expect(await log.readCursor(cursor)).toEqual({ kind: 'unservable', reason: 'epoch' });
    expect(await log.readCursor('e-1')).toEqual({ kind: 'unservable', reason: 'malformed' });
  });

  it('knows how many events are gone from the bus', () => {
    const { log } = fleetWith(5);
    log.evictBefore(4);
    expect([log.missingAfter(1), log.missingAfter(3), log.missingAfter(5)]).toEqual([2, 0, 0]);
  });

  it('adds the name to what an exporter emitted', () => {
    const [event] = fleetWith(1).log.after(0);
    expect(JSON.parse(event?.json ?? '')).toEqual({ ...hostEvent('a', 1), name: 'a' });
  });

  it('lists its hosts by name, and forgets them', async () => {
    const fleet = new MemoryFleet();
    fleet.setHosts(fleetHost('b'), fleetHost('a'));
    expect(fleet.hosts().map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await fleet.forget('a')).toEqual({ kind: 'forgotten' });
    expect(await fleet.forget('a')).toEqual({ kind: 'unknown' });
  });
});
