import { describe, expect, it } from '@jest/globals';
import { readKernelMessages } from '../../../src/proc/kernel/kernel-message.ts';
import { fixture } from '../../support/machine/fixture.ts';

const TMUX_CGROUP = '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service';

function report(log: string, pid = 2031) {
  return readKernelMessages(fixture(`kernel-log/${log}.log`).split('\n'), pid);
}

describe('readKernelMessages', () => {
  it("reads Red Hat's 3.10, which puts the uid behind the command", () => {
    expect(report('linux-3.10-el7').victims).toEqual([{ pid: 18177, command: 'tmux', shortOf: 'cgroup', limit: null }]);
  });

  it('does not take the candidate of Linux 4.15 for the child that it killed in its place', () => {
    expect(report('linux-4.15').victims).toEqual([{ pid: 18144, command: 'node', shortOf: 'machine', limit: null }]);
  });

  it('reads Linux 5.15, out of memory as a whole', () => {
    expect(report('linux-5.15').victims).toEqual([
      { pid: 2031, command: 'tmux: server', shortOf: 'machine', limit: null },
    ]);
  });

  it('reads Linux 6.1, which killed a whole cgroup', () => {
    expect(report('linux-6.1-oom-group').victims).toEqual([
      { pid: 2592, command: 'node', shortOf: 'cgroup', limit: TMUX_CGROUP },
      { pid: 2031, command: 'tmux: server', shortOf: 'cgroup', limit: null },
      { pid: 2592, command: 'node', shortOf: 'cgroup', limit: TMUX_CGROUP },
    ]);
  });

  it('reads Linux 6.18, and gives no victim the limit of another', () => {
    const [server, tail] = report('linux-6.18').victims;

    expect(server).toMatchObject({ pid: 8294, limit: '/tmux-exporter-test-8268-5020238001583' });
    expect(tail).toMatchObject({ pid: 8306, limit: null });
  });

  it.each([
    'tmux: server[2031]: segfault at 8 ip 0000556f sp 00007ffd error 4 in tmux[556f+ab000]',
    'traps: tmux: server[2031] general protection fault ip:556f sp:7ffd error:0 in tmux[556f+ab000]',
    'tmux: server[2031]: unhandled level 2 translation fault (11) at 0x00000008, esr 0x92000006',
  ])('reads a fault of the server: %s', (message) => {
    expect(readKernelMessages([message], 2031).fault).toBe(message);
  });

  it.each([
    'tmux: server[7]: segfault at 8 ip 0000556f sp 00007ffd error 4 in tmux[556f+ab000]',
    'bash[2031]: segfault at 8 ip 0000556f sp 00007ffd error 4 in bash[556f+ab000]',
    'audit: tmux: server[2031]: segfault at 8',
    'program says: Killed process 2031 (tmux: server) total-vm:1kB',
    'oom_reaper: reaped process 2031 (tmux: server), now anon-rss:0kB',
    'Out of memory: Kill process 2031 (tmux: server) score 901 or sacrifice child',
    '[   2031]  1000  2031     2601     1216    65536        0             0 tmux: server',
    '',
  ])('reads nothing of the server in: %s', (message) => {
    expect(readKernelMessages([message], 2031)).toEqual({ victims: [], fault: null });
  });

  it('is not misled by the text of a command', () => {
    const message = 'Out of memory: Killed process 7 ((tmux: server) total-vm:1kB) total-vm:2kB, anon-rss:0kB';

    expect(readKernelMessages([message], 2031).victims).toMatchObject([{ pid: 7 }]);
  });
});
