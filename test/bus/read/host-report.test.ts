import { describe, expect, it } from '@jest/globals';
import { readHostReport } from '../../../src/bus/read/host-report.ts';
import { received, reportJson, reportMessage, TIME } from './support/messages.ts';

const read = (message: Parameters<typeof readHostReport>[1]) => readHostReport('tmux', message);
const [WORK] = reportJson('x')['servers'] as [object];

describe('The report of a host', () => {
  it('is read, and its servers counted', () => {
    const report = reportJson('build7', { advertise: 'https://build7:8689/x' });
    expect(read(reportMessage(report))).toEqual({
      kind: 'report',
      name: 'build7',
      host: 'build7.example.org',
      version: '0.1.0',
      epoch: 'abc',
      head: 1,
      hasLeft: false,
      heartbeatMs: report['heartbeat_ms'],
      advertise: 'https://build7:8689/x',
      servers: report['servers'],
      counts: { up: 1, gone: 1 },
      isWhole: true,
    });
  });

  it('whose servers did not fit has only counts', () => {
    const report = { ...reportJson('build7', { counts: { up: 900 } }), servers: undefined };
    expect(read(reportMessage(report))).toMatchObject({ kind: 'report', servers: null, counts: { up: 900 } });
  });

  it('keeps only the fields of a server that are known', () => {
    const reading = read(reportMessage(reportJson('build7', { servers: [{ ...WORK, extra: 'x'.repeat(100) }] })));
    expect(JSON.stringify(reading)).not.toContain('extra');
  });

  it.each<[string, Record<string, unknown>]>([
    ['another version', { v: 2 }],
    ['no epoch', { epoch: '' }],
    ['a head that is none', { head: -1 }],
    ['a time that is none', { time: 7 }],
    ['an unknown state', { state: 'dead' }],
    ['no heartbeat', { heartbeat_ms: null }],
    ['a version that is no line', { version: 'a\nb' }],
    ['a URL that is none', { advertise: 'build7' }],
    ['a URL of another kind', { advertise: 'javascript:alert(1)' }],
    ['a URL with a password', { advertise: 'http://a:b@build7' }],
    ['servers that are no list', { servers: {} }],
    ['counts of an unknown state', { servers: undefined, counts: { ok: 1 } }],
    ['counts that are none', { servers: undefined, counts: { up: -1 } }],
    ['neither servers nor counts', { servers: undefined }],
  ])('with %s is refused', (_, fields) => {
    expect(read(reportMessage(reportJson('build7', fields)))).toEqual({ kind: 'rejected', reason: 'body' });
  });

  it.each<[string, unknown]>([
    ['is no object', null],
    ['has no name', { ...WORK, name: '"} 1' }],
    ['is in an unknown state', { ...WORK, state: 'ok' }],
    ['has a count that is none', { ...WORK, panes: '3' }],
    ['does not say its last change', { ...WORK, since: null }],
    ['began in the year 10000', { ...WORK, started_at: '+010000-01-01T00:00:00.000Z' }],
  ])('is read without a server that %s', (_, odd) => {
    const report = reportJson('build7', { servers: [odd, WORK] });
    expect(read(reportMessage(report))).toMatchObject({ servers: [WORK], counts: { up: 1 }, isWhole: false });
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another name than its subject', { name: 'build8' }],
    ['whose host is none', { host: '\u202e7dliub' }],
  ])('%s is refused', (_, fields) => {
    expect(read(reportMessage(reportJson('build7', fields)))).toEqual({ kind: 'rejected', reason: 'host' });
  });

  it('that a stream delivered before is refused', () => {
    const message = reportMessage(reportJson('build7'), { 'Nats-Stream': 'TMUX_HOSTS' });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'replayed' });
  });

  it('of more than 64 KiB is refused', () => {
    const report = reportJson('build7', { extra: 'x'.repeat(65_536) });
    expect(read(reportMessage(report))).toEqual({ kind: 'rejected', reason: 'size' });
  });

  it('that is no report is refused', () => {
    expect(read(received('tmux.hosts.build7', `"${TIME}"`, {}))).toEqual({ kind: 'rejected', reason: 'body' });
    expect(read(received('tmux.hosts.build7.x', reportJson('build7'), {}))).toEqual({
      kind: 'rejected',
      reason: 'body',
    });
  });
});
