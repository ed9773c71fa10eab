import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlertRelay } from '../../../src/alert/alertmanager/relay.ts';
import type { ReceivedAlert } from '../../../src/core/alert/alert.ts';
import type { ServerReference } from '../../../src/core/event/event.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { printable } from '../../../src/core/text.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';
import { runs } from '../../support/sample/seed.ts';
import { NOW } from '../support/events.ts';

const SERVER: ServerReference = {
  name: 'work',
  socket: '/tmp/tmux-1000/work',
  uid: 1000,
  pid: 42,
  started_at: null,
  version: '3.5a',
  registration: 'static',
};

function alertOf(given: Partial<ReceivedAlert> = {}): ReceivedAlert {
  return {
    status: 'firing',
    labels: { alertname: 'DiskFull', instance: 'box', severity: 'critical' },
    annotations: { summary: 'the disk of box is full', description: 'only 2 % left' },
    startsAt: '2026-03-01T11:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: '0123456789abcdef',
    ...given,
  };
}

function relayOf(log = new MemoryLog('e', { host: 'machine', bootId: null }), isStored = () => true) {
  const relay = new AlertRelay({
    history: log,
    append: (drafts) => drafts.map((draft) => log.append(draft, NOW)),
    isStored,
    serverOf: ({ server, instance }, isFromHere) =>
      server === SERVER.name && instance === 'here' && isFromHere ? SERVER : null,
  });
  return { relay, log, events: () => log.after(0).map(({ event }) => event) };
}

describe('a relay', () => {
  it('emits each alert as an event', () => {
    const { relay, events } = relayOf();
    expect(relay.receive([alertOf(), alertOf({ fingerprint: 'ff' })], false)).toEqual({
      kind: 'stored',
      told: 2,
      duplicates: 0,
    });
    expect(events()[0]).toMatchObject({
      type: 'alert',
      severity: 'critical',
      server: null,
      incident: 'e-1',
      title: 'alert: DiskFull: the disk of box is full',
      body: 'only 2 % left · instance=box, severity=critical · Since 2026-03-01T11:00:00.123Z.',
      status: 'firing',
      alertname: 'DiskFull',
      fingerprint: '0123456789abcdef',
      starts_at: '2026-03-01T11:00:00.123Z',
      ends_at: null,
      labels: { alertname: 'DiskFull', instance: 'box', severity: 'critical' },
    });
  });

  it('emits the same state of the same alert once, also after a restart', () => {
    const first = relayOf();
    first.relay.receive([alertOf()], false);
    expect(first.relay.receive([alertOf(), alertOf()], false)).toEqual({ kind: 'stored', told: 0, duplicates: 2 });
    expect(relayOf(first.log).relay.receive([alertOf()], false)).toEqual({ kind: 'stored', told: 0, duplicates: 1 });
    expect(first.events()).toHaveLength(1);
  });

  it('emits a new state, and a new beginning', () => {
    const { relay, events } = relayOf();
    relay.receive([alertOf()], false);
    relay.receive([alertOf({ status: 'resolved', endsAt: '2026-03-01T11:30:00Z' })], false);
    relay.receive([alertOf({ startsAt: '2026-03-01T12:00:00Z' })], false);
    expect(events().map((event) => ('status' in event ? [event.status, event.incident, event.severity] : []))).toEqual([
      ['firing', 'e-1', 'critical'],
      ['resolved', 'e-1', 'info'],
      ['firing', 'e-3', 'critical'],
    ]);
    expect(events()[1]).toMatchObject({
      title: 'resolved: DiskFull: the disk of box is full',
      body: expect.stringContaining('It lasted 29 min 59 s.'),
      ends_at: '2026-03-01T11:30:00.000Z',
    });
  });

  it('emits an alert that fires again with the same beginning as a new incident, also after a restart', () => {
    const { relay, log, events } = relayOf();
    const ended = { status: 'resolved', endsAt: '2026-03-01T11:30:00Z' } as const;
    relay.receive([alertOf()], false);
    relay.receive([alertOf(ended)], false);
    expect(relay.receive([alertOf()], false)).toMatchObject({ told: 1, duplicates: 0 });
    const again = relayOf(log).relay;
    expect(again.receive([alertOf()], false)).toMatchObject({ told: 0, duplicates: 1 });
    expect(again.receive([alertOf({ ...ended, endsAt: '2026-03-01T11:40:00Z' })], false)).toMatchObject({ told: 1 });
    expect(again.receive([alertOf(ended)], false)).toMatchObject({ told: 0, duplicates: 1 });
    expect(events().map((event) => ('status' in event ? [event.status, event.incident] : []))).toEqual([
      ['firing', 'e-1'],
      ['resolved', 'e-1'],
      ['firing', 'e-3'],
      ['resolved', 'e-3'],
    ]);
  });

  it('emits nothing twice if one request with both states of an alert is sent again', () => {
    const { relay } = relayOf();
    const both = [alertOf(), alertOf({ status: 'resolved' })];
    relay.receive(both, false);
    expect(relay.receive(both, false)).toMatchObject({ told: 0, duplicates: 2 });
  });

  it.each([
    ['firing', 'resolved'],
    ['resolved', 'firing'],
  ] as const)('links an end to its beginning in the same request, also in the order %s, %s', (...states) => {
    const { relay, events } = relayOf();
    expect(
      relay.receive(
        states.map((status) => alertOf({ status })),
        false,
      ),
    ).toMatchObject({ told: 2, duplicates: 0 });
    expect(events()).toMatchObject([
      { status: 'firing', incident: 'e-1' },
      { status: 'resolved', incident: 'e-1' },
    ]);
  });

  it('names the server of this exporter that an alert is about', () => {
    const { relay, events } = relayOf();
    const labels = { alertname: 'TmuxServerGone', server: 'work' };
    const alerts = ['here', 'there'].map((instance, at) =>
      alertOf({ labels: { ...labels, instance }, fingerprint: `f${at}` }),
    );
    relay.receive(alerts, true);
    expect(events().map(({ server }) => server)).toEqual([SERVER, null]);
  });

  it('keeps names of labels and annotations as they are, also those with an equals sign', () => {
    const { relay, events } = relayOf();
    const pairs = { 'k=v': 'z', '=': '=', a: 'b=c' };
    relay.receive([alertOf({ labels: pairs, annotations: pairs })], false);
    expect(events()[0]).toMatchObject({ labels: pairs, annotations: pairs });
  });

  it('computes a missing fingerprint', () => {
    const { relay, events } = relayOf();
    relay.receive([alertOf({ fingerprint: '' })], false);
    expect(events()[0]).toMatchObject({ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('reports if alerts cannot be stored, and emits nothing twice when they are sent again', () => {
    let stored = false;
    const { relay, events } = relayOf(undefined, () => stored);
    expect(relay.receive([alertOf()], false)).toEqual({ kind: 'not_stored' });
    stored = true;
    expect(relay.receive([alertOf()], false)).toEqual({ kind: 'stored', told: 0, duplicates: 1 });
    expect(events()).toHaveLength(1);
  });

  it.each([
    ['page', 'critical'],
    ['Critical', 'critical'],
    ['warning', 'warning'],
    ['info', 'info'],
    ['none', 'info'],
    ['ticket', 'warning'],
    [undefined, 'warning'],
  ])('takes the severity %s for %s', (label, severity) => {
    const { relay, events } = relayOf();
    relay.receive([alertOf({ labels: { alertname: 'A', ...(label && { severity: label }) } })], false);
    expect(events()[0]?.severity).toBe(severity);
  });

  it('makes events of at most 4 KiB, whatever an alert holds', () => {
    const pairs = fc.dictionary(hostileText, hostileText, { maxKeys: 60 });
    const huge = '😀'.repeat(5_000);
    fc.assert(
      fc.property(pairs, pairs, fc.boolean(), (labels, annotations, isHuge) => {
        const { relay, log } = relayOf();
        const more = isHuge ? { alertname: huge, summary: huge, description: huge, a: huge, b: huge } : {};
        relay.receive([alertOf({ labels: { ...labels, ...more }, annotations: { ...annotations, ...more } })], false);
        const json = log.after(0)[0]?.json ?? '';
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(4_096);
        expect(printable(json)).toBe(json);
      }),
      { numRuns: runs(200) },
    );
  });
});
