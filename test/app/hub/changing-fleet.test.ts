import { beforeEach, describe, expect, it } from '@jest/globals';
import { ChangingFleet } from '../../../src/app/hub/changing-fleet.ts';
import { stampEvent } from '../../../src/core/event/event-log.ts';
import { registeredDraft } from '../../../src/core/wording/draft.ts';
import { fleetHost } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { NOW, upRecord } from '../../support/sample/sample.ts';

const EPOCH = '0123456789ab';

describe('A fleet that another one can take the place of', () => {
  let fleet: ChangingFleet;

  beforeEach(() => {
    fleet = new ChangingFleet();
  });

  it('is empty, and was not read, before the first', () => {
    expect(fleet.source).toMatchObject({ isUp: false, hasRead: false, isWhole: false });
    expect([fleet.log.epoch, fleet.log.head, fleet.hosts()]).toEqual(['', 0, []]);
  });

  it('shows a fleet once that was read, without giving its events as new ones', () => {
    const first = unread(fleetOf(EPOCH, 2));
    first.setHosts(fleetHost('build7'));
    fleet.become(first);
    fleet.settle();
    expect([fleet.hosts(), fleet.source.isUp]).toEqual([[], true]);
    read(first);
    expect(fleet.settle()).toEqual([]);
    expect([fleet.hosts().length, fleet.log.head, fleet.source.hasRead]).toEqual([1, 2, true]);
  });

  it('counts no log before the first, also if that went back while it was being read', () => {
    const first = unread(fleetOf(EPOCH, 2));
    fleet.become(first);
    first.log.rewind(1);
    read(first);
    fleet.settle();
    expect(fleet.log.generation).toBe(0);
    first.log.rewind(0);
    expect(fleet.log.generation).toBe(1);
  });

  it('shows the former fleet until the next was read, and then gives what it had missed', () => {
    const [former, next] = [fleetOf(EPOCH, 2), unread(fleetOf(EPOCH, 4))];
    show(former);
    const { generation } = fleet.log;
    fleet.become(next);
    expect(fleet.settle()).toEqual([]);
    expect([fleet.log.head, fleet.source.hasRead]).toEqual([2, true]);
    read(next);
    expect(fleet.settle().map(({ seq }) => seq)).toEqual([3, 4]);
    expect([fleet.log.head, fleet.log.generation, fleet.settle()]).toEqual([4, generation, []]);
  });

  it.each([
    ['is shorter', fleetOf(EPOCH, 1)],
    ['has other events at its sequences', fleetOf(EPOCH, 3, 'build8')],
  ])('takes a log for another one that %s, although it has the same epoch', (_, next) => {
    show(fleetOf(EPOCH, 2));
    const { generation } = fleet.log;
    fleet.become(next);
    expect(fleet.settle()).toEqual([]);
    expect(fleet.log.generation).toBe(generation + 1);
  });

  it('says at once that the connection of the next fleet is down', () => {
    show(fleetOf(EPOCH, 2));
    const next = unread(fleetOf(EPOCH, 2));
    next.cut(5_000);
    fleet.become(next);
    expect(fleet.source).toMatchObject({ isUp: false, downSince: 5_000, hasRead: true });
  });

  it('gives no event of another log: their sequences are not those of the former one', () => {
    show(fleetOf(EPOCH, 2));
    const { generation } = fleet.log;
    fleet.become(fleetOf('ba9876543210', 4));
    expect(fleet.settle()).toEqual([]);
    expect([fleet.log.epoch, fleet.log.head, fleet.log.generation]).toEqual(['ba9876543210', 4, generation + 1]);
  });

  function show(first: MemoryFleet): void {
    fleet.become(first);
    fleet.settle();
  }
});

function fleetOf(epoch: string, events: number, name = 'build7'): MemoryFleet {
  const fleet = new MemoryFleet({ epoch });
  for (let seq = 1; seq <= events; seq++) {
    fleet.push(name, stampEvent(registeredDraft(upRecord()), `e-${seq}`, NOW, { host: 'box', bootId: null }));
  }
  return fleet;
}

function unread(fleet: MemoryFleet): MemoryFleet {
  fleet.source = { ...fleet.source, hasRead: false, isWhole: false };
  return fleet;
}

function read(fleet: MemoryFleet): void {
  fleet.source = { ...fleet.source, hasRead: true, isWhole: true };
}
