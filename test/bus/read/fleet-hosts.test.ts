import { describe, expect, it } from '@jest/globals';
import { FleetHosts } from '../../../src/bus/read/fleet-hosts.ts';
import type { HistoryId } from '../../../src/bus/read/histories.ts';
import { type HostReport, readHostReport } from '../../../src/bus/read/host-report.ts';
import { hostSubject } from '../../../src/bus/stream/subjects.ts';
import { received, reportJson } from './support/messages.ts';

const SILENT_AFTER_MS = 180_000;
const FORGET_AFTER_MS = 604_800_000;
const NOW = Date.UTC(2026, 2, 1);

function report(name: string, fields: Readonly<Record<string, unknown>> = {}): HostReport {
  const reading = readHostReport('tmux', received(hostSubject('tmux', name), reportJson(name, fields), {}));
  if (reading.kind === 'rejected') throw new Error(`expected a report, found ${reading.reason}`);
  return reading;
}

function hostsWith(newest: Readonly<Record<string, number>> = {}): FleetHosts {
  const newestOf = ({ name, epoch }: HistoryId) => newest[`${name}:${epoch}`];
  const readTo = () => JSON.stringify(newest);
  return new FleetHosts({ silentAfterMs: SILENT_AFTER_MS, forgetAfterMs: FORGET_AFTER_MS, newestOf, readTo });
}

describe('A host of a fleet', () => {
  it('is as it last reported itself', () => {
    const hosts = hostsWith();
    hosts.take(report('build7', { version: '0.1.0' }), NOW, NOW);
    hosts.take(report('build7', { version: '0.2.0', advertise: 'http://build7:8689' }), NOW + 1, NOW + 1);
    expect(hosts.list(NOW + 1)).toMatchObject([
      {
        name: 'build7',
        host: 'build7.example.org',
        version: '0.2.0',
        lastSeen: NOW + 1,
        advertise: 'http://build7:8689',
      },
    ]);
  });

  it.each<[number, string | undefined]>([
    [0, 'present'],
    [SILENT_AFTER_MS, 'present'],
    [SILENT_AFTER_MS + 1, 'silent'],
    [FORGET_AFTER_MS, 'silent'],
    [FORGET_AFTER_MS + 1, undefined],
  ])('that was last seen %d ms ago is %s', (ageMs, state) => {
    const hosts = hostsWith();
    hosts.take(report('build7'), NOW, NOW);
    expect(hosts.get('build7', NOW + ageMs)?.state).toBe(state);
  });

  it('that said goodbye has left, however long ago, until it is forgotten', () => {
    const hosts = hostsWith();
    hosts.take(report('build7', { state: 'left' }), NOW, NOW);
    expect(hosts.get('build7', NOW + SILENT_AFTER_MS + 1)?.state).toBe('left');
    expect(hosts.list(NOW + FORGET_AFTER_MS + 1)).toEqual([]);
  });

  it('is behind by the events that it told of and that were not read', () => {
    const hosts = hostsWith({ 'build7:abc': 7 });
    hosts.take(report('build7', { head: 10 }), NOW, NOW);
    expect(hosts.get('build7', NOW)?.behind).toBe(3);
  });

  it('is not behind by events that were never published, before it first published one', () => {
    const hosts = hostsWith();
    hosts.take(report('build7', { head: 500 }), NOW, NOW);
    hosts.take(report('build7', { head: 502 }), NOW, NOW);
    expect(hosts.get('build7', NOW)?.behind).toBe(2);
    hosts.take(report('build7', { epoch: 'def', head: 3 }), NOW, NOW);
    expect(hosts.get('build7', NOW)?.behind).toBe(0);
  });

  it('is behind for ten minutes by events that it jumped over', () => {
    const hosts = hostsWith({ 'build7:abc': 9 });
    hosts.take(report('build7', { head: 9 }), NOW, NOW);
    hosts.jumped('build7', 2, NOW);
    hosts.jumped('build7', 3, NOW + 1);
    expect(hosts.get('build7', NOW + 1)?.behind).toBe(5);
    expect(hosts.get('build7', NOW + 600_001)?.behind).toBe(0);
  });
});

describe('The hosts of a fleet', () => {
  it('are in the order of their names', () => {
    const hosts = hostsWith();
    for (const name of ['c', 'a', 'b']) hosts.take(report(name), NOW, NOW);
    expect(hosts.list(NOW).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('are the same list until something changes', () => {
    const newest: Record<string, number> = { 'a:abc': 9 };
    const hosts = hostsWith(newest);
    for (const name of ['a', 'b']) hosts.take(report(name, { head: 9 }), NOW, NOW);
    const list = hosts.list(NOW);
    newest['a:abc'] = 10;
    expect(hosts.list(NOW + SILENT_AFTER_MS)).toBe(list);
    hosts.take(report('b', { head: 9 }), NOW + 1, NOW + 1);
    const next = hosts.list(NOW + 1);
    expect(next[0]).toBe(list[0]);
    expect(next.map(({ lastSeen }) => lastSeen)).toEqual([NOW, NOW + 1]);
  });

  it.each<[string, (hosts: FleetHosts) => unknown, number, readonly string[]]>([
    ['a host is removed', (hosts) => hosts.remove('b'), NOW, ['present 3']],
    ['a host becomes silent', () => {}, NOW + SILENT_AFTER_MS + 1, ['silent 3', 'silent 0']],
    ['hosts are forgotten', () => {}, NOW + FORGET_AFTER_MS + 1, []],
    ['events are jumped over', (hosts) => hosts.jumped('b', 2, NOW), NOW, ['present 3', 'present 2']],
    [
      'the clock of the bus steps back',
      (hosts) => hosts.list(NOW + SILENT_AFTER_MS + 1),
      NOW,
      ['present 3', 'present 0'],
    ],
  ])('are another list if %s', (_, change, now, expected) => {
    const hosts = hostsWith({ 'a:abc': 6 });
    for (const name of ['a', 'b']) hosts.take(report(name, { head: 9 }), NOW, NOW);
    hosts.list(NOW);
    change(hosts);
    expect(hosts.list(now).map(({ state, behind }) => `${state} ${behind}`)).toEqual(expected);
  });

  it('are another list when events that were jumped over do not count any more', () => {
    const hosts = hostsWith();
    hosts.take(report('a', { state: 'left' }), NOW, NOW);
    hosts.jumped('a', 2, NOW);
    expect(hosts.list(NOW + 599_999)[0]?.behind).toBe(2);
    expect(hosts.list(NOW + 600_000)[0]?.behind).toBe(0);
  });

  it('are another list if an event was read', () => {
    const newest: Record<string, number> = { 'a:abc': 6 };
    const hosts = hostsWith(newest);
    hosts.take(report('a', { head: 9 }), NOW, NOW);
    expect(hosts.list(NOW)[0]?.behind).toBe(3);
    newest['a:abc'] = 8;
    expect(hosts.list(NOW)[0]?.behind).toBe(1);
  });

  it('are at most 5,000: a new one takes the place of the one that is away for longest', () => {
    const hosts = hostsWith();
    for (let index = 0; index < 5_000; index++) hosts.take(report(`n${index}`), NOW + index, NOW);
    expect(hosts.take(report('new'), NOW, NOW)).toBe(false);
    expect(hosts.take(report('new'), NOW, NOW + SILENT_AFTER_MS + 2)).toBe(true);
    expect(hosts.size).toBe(5_000);
    expect([hosts.get('n0', NOW), hosts.get('n1', NOW)?.name]).toEqual([null, 'n1']);
  });
});
