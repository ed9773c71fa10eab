import { describe, expect, it } from '@jest/globals';
import { parseKmsgRecord, readKmsg } from '../../../src/proc/kernel/kmsg.ts';

const records = await readKmsg('/dev/kmsg');
/** The log of the kernel is closed to most users, and to most containers. */
const itWithKernelLog = records ? it : it.skip;

describe('parseKmsgRecord', () => {
  it('reads a record of the kernel without its properties', () => {
    const record =
      '3,2456,5020282874,-;Memory cgroup out of memory: Killed process 8294 (tmux: server)\n SUBSYSTEM=x\n';

    expect(parseKmsgRecord(record)).toEqual({
      atMs: 5_020_282.874,
      text: 'Memory cgroup out of memory: Killed process 8294 (tmux: server)',
    });
  });

  it.each([
    ['by a program', '12,2457,5020282874,-;Out of memory: Killed process 42 (tmux: server) total-vm:1kB\n'],
    ['in no form of a record', 'Out of memory: Killed process 42 (tmux: server) total-vm:1kB\n'],
    ['as nothing', ''],
  ])('does not read what was written there %s', (_, record) => {
    expect(parseKmsgRecord(record)).toBeNull();
  });

  it('keeps a semicolon of the text', () => {
    expect(parseKmsgRecord('6,1,2,c,caller=T1;a; b\n')?.text).toBe('a; b');
  });
});

describe('readKmsg', () => {
  itWithKernelLog('reads what is there in order, and does not wait for more', () => {
    const times = (records ?? []).map(({ atMs }) => atMs);

    expect(times.length).toBeGreaterThan(0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('says so if there is no log', async () => {
    expect(await readKmsg('/nonexistent/kmsg')).toBeNull();
  });
});
