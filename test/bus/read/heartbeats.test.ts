import { describe, expect, it } from '@jest/globals';
import { Heartbeats } from '../../../src/bus/read/heartbeats.ts';

const PROBLEM =
  'build7 reports itself every 1 min 1 s, more than a third of hub.silent_after (3 min), so it can count as silent although it is well: shorten its bus.heartbeat, or lengthen hub.silent_after';

describe('The heartbeat of a host', () => {
  const report = { name: 'build7', hasLeft: false, heartbeatMs: 61_000 };

  it('is too long once three do not fit into the time until silence, which is said once', () => {
    const heartbeats = new Heartbeats(180_000);
    expect(heartbeats.take({ ...report, heartbeatMs: 60_000 })).toBeNull();
    expect([heartbeats.take(report), heartbeats.take(report)]).toEqual([PROBLEM, null]);
    expect(heartbeats.take({ ...report, name: 'build8' })).toContain('build8');
  });

  it('is named again if it was right meanwhile', () => {
    const heartbeats = new Heartbeats(180_000);
    heartbeats.take(report);
    heartbeats.take({ ...report, heartbeatMs: 30_000 });
    expect(heartbeats.take(report)).toBe(PROBLEM);
  });

  it('does not matter once the host has left', () => {
    expect(new Heartbeats(180_000).take({ ...report, hasLeft: true })).toBeNull();
  });
});
