import { describe, expect, it } from '@jest/globals';
import { type HostFacts, hostMessage, statesText } from '../../../src/bus/publish/host-message.ts';
import { sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

const FACTS: HostFacts = {
  name: 'build7',
  host: 'build7.example.org',
  version: '1.2.3',
  epoch: 'abc',
  head: 12,
  now: Date.UTC(2026, 2, 1),
  advertise: 'http://build7:8689',
  state: 'present',
  heartbeatMs: 30_000,
};

describe('A host message', () => {
  it('says what the exporter is and which servers it has', () => {
    const record = upRecord(sampleSnapshot({}), { name: 'work' });
    const message = JSON.parse(hostMessage(FACTS, [record]));
    expect(message).toMatchObject({
      v: 1,
      name: 'build7',
      host: 'build7.example.org',
      version: '1.2.3',
      epoch: 'abc',
      head: 12,
      time: '2026-03-01T00:00:00.000Z',
      advertise: 'http://build7:8689',
      state: 'present',
      heartbeat_ms: 30_000,
      servers: [{ name: 'work', state: 'up', pid: record.life?.incarnation.pid }],
    });
  });

  it('says when each server began', () => {
    const [servers] = [
      [upRecord(sampleSnapshot({ incarnation: { pid: 7, startedAt: Date.UTC(2026, 1, 3) / 1_000 } }))],
    ];
    expect(JSON.parse(hostMessage(FACTS, servers)).servers).toMatchObject([{ started_at: '2026-02-03T00:00:00.000Z' }]);
  });

  it('has only counts if its servers do not fit into 64 KiB', () => {
    const records = Array.from({ length: 1_000 }, (_, index) => upRecord(sampleSnapshot({}), { name: `s${index}` }));
    const text = hostMessage(FACTS, records);
    expect(Buffer.byteLength(text)).toBeLessThan(65_536);
    expect(JSON.parse(text)).toMatchObject({ counts: { up: 1_000 } });
    expect(JSON.parse(text)).not.toHaveProperty('servers');
  });

  it('is due again after a server changed its state', () => {
    const record = upRecord(sampleSnapshot({}), { name: 'work' });
    expect(statesText([record])).toBe(statesText([{ ...record, pollMs: 7 }]));
    expect(statesText([record])).not.toBe(statesText([{ ...record, state: 'unreachable' }]));
  });
});
