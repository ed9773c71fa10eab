import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CAUSES, type Cause, judgeCause, LONGEST_WINDOW_MS, statedCause } from '../../../src/core/death/cause.ts';
import type {
  CauseEvidence,
  KernelLog,
  Logout,
  OomKills,
  OomVictim,
  UnitState,
} from '../../../src/core/death/evidence.ts';
import { causeEvidence } from '../../support/sample/arbitrary.ts';

const CGROUP = '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service';
const UNIT = { name: 'tmux.service', manager: 'user', uid: 1000, session: null, invocation: 'a1' } as const;

const NO_KILLS: OomKills = { cgroup: CGROUP, vanished: false, own: 0, group: 0, above: null, machine: 0 };
const NO_LOG: KernelLog = { source: null, victims: [], fault: null };
const SILENT_LOG: KernelLog = { source: 'kmsg', victims: [], fault: null };

const CRASH: CauseEvidence = {
  pid: 42,
  reason: 'crashed',
  windowMs: 4_000,
  kills: NO_KILLS,
  kernelLog: NO_LOG,
  oomd: null,
  unit: null,
  logout: null,
};
const EXIT: CauseEvidence = { ...CRASH, reason: 'exited' };
const LOSS: CauseEvidence = { ...CRASH, reason: 'lost' };

function kills(changes: Partial<OomKills>): OomKills {
  return { ...NO_KILLS, machine: 1, ...changes };
}

function log(...victims: readonly OomVictim[]): KernelLog {
  return { source: 'journal', victims, fault: null };
}

function victim(pid: number, changes: Partial<OomVictim> = {}): OomVictim {
  return { pid, command: 'tmux: server', shortOf: 'machine', limit: null, ...changes };
}

function unit(changes: Partial<UnitState> = {}): UnitState {
  return { unit: UNIT, result: 'success', oomPolicy: 'stop', stop: null, oomLogged: false, ...changes };
}

const SESSION_OVER: Logout = { of: 'session', id: '3', ended: true, kills: true };
const USER_LEFT: Logout = { of: 'user-manager', id: '1000', ended: true, kills: true };

const CASES: readonly (readonly [situation: string, cause: Cause, evidence: CauseEvidence, says: RegExp])[] = [
  [
    'the kernel log names it',
    'oom_kernel',
    { ...CRASH, kernelLog: log(victim(42)) },
    /killed process 42 \(tmux: server\) because the machine was out of memory\.$/,
  ],
  [
    'the kernel log names it and the limit of a cgroup',
    'oom_kernel',
    { ...LOSS, kernelLog: log(victim(42, { shortOf: 'cgroup', limit: '/box' })) },
    /the memory limit of \/box was reached\.$/,
  ],
  [
    'the kernel log of an old kernel names it',
    'oom_kernel',
    { ...CRASH, kernelLog: log(victim(7), victim(42, { shortOf: null })) },
    /\(tmux: server\)\.$/,
  ],
  [
    'a process of its cgroup was killed as it crashed',
    'oom_kernel',
    { ...CRASH, kills: kills({ own: 1 }) },
    /killed 1 process of its cgroup .*tmux\.service in the 4 s before .* The server did not end in an orderly way\.$/,
  ],
  [
    'more processes were killed than the kernel log still has',
    'oom_kernel',
    { ...CRASH, kills: kills({ own: 3, machine: 3 }), kernelLog: log(victim(7)) },
    /killed 3 processes of its cgroup/,
  ],
  [
    'the kernel log accounts for another kill on the machine only',
    'oom_kernel',
    { ...CRASH, kills: kills({ own: 1, machine: 2 }), kernelLog: log(victim(7)) },
    /killed 1 process of its cgroup/,
  ],
  [
    'its cgroup was killed as a whole, unwatched',
    'oom_kernel',
    { ...LOSS, kills: kills({ own: 4, group: 1 }) },
    /memory\.oom\.group/,
  ],
  [
    'systemd logged an OOM kill in its unit as it crashed',
    'oom_kernel',
    { ...CRASH, kills: kills({ own: null, vanished: true }), unit: unit({ oomLogged: true }) },
    /^systemd reports that .* of its unit tmux\.service /,
  ],
  [
    'it crashed and its unit failed for memory',
    'oom_kernel',
    { ...CRASH, unit: unit({ result: 'oom-kill' }) },
    /Result=oom-kill, OOMPolicy=stop/,
  ],
  [
    'its unit was stopped because of another process',
    'oom_systemd',
    { ...EXIT, kills: kills({ own: 1 }), unit: unit({ result: 'oom-kill' }) },
    /systemd ended its unit tmux\.service .*OOMPolicy=continue/,
  ],
  [
    'its unit was stopped because of another process, by SIGKILL',
    'oom_systemd',
    { ...CRASH, kills: kills({ own: 1 }), kernelLog: log(victim(7)), unit: unit({ result: 'oom-kill' }) },
    /systemd ended its unit/,
  ],
  [
    'its unit failed for memory, unwatched',
    'oom_systemd',
    { ...LOSS, unit: unit({ result: 'oom-kill', oomPolicy: null }) },
    /\(Result=oom-kill\)/,
  ],
  [
    'its unit is killed as a whole by its policy',
    'oom_systemd',
    {
      ...CRASH,
      kills: kills({ own: 4, group: 1 }),
      kernelLog: log(victim(7), victim(42)),
      unit: unit({ result: 'oom-kill', oomPolicy: 'kill' }),
    },
    /because of OOMPolicy=kill/,
  ],
  [
    'systemd-oomd killed its cgroup',
    'oom_systemd',
    { ...CRASH, oomd: 'Killed /user.slice due to memory pressure' },
    /^systemd-oomd killed its cgroup: "Killed \/user\.slice due to memory pressure"\. With ManagedOOMPreference=avoid/,
  ],
  [
    'its login session ended and kills',
    'logout',
    { ...EXIT, logout: SESSION_OVER, unit: unit({ stop: 'job' }) },
    /^Login session 3 has ended.*KillUserProcesses=yes/,
  ],
  [
    'the last login of its user ended',
    'logout',
    { ...EXIT, logout: USER_LEFT },
    /^The last login of uid 1000 .*"loginctl enable-linger 1000"/,
  ],
  [
    'a stop job of its unit ran',
    'unit_stopped',
    { ...EXIT, unit: unit({ stop: 'job' }) },
    /^systemd stopped its unit tmux\.service: a stop job/,
  ],
  ['its unit was stopped, unwatched', 'unit_stopped', { ...LOSS, unit: unit({ stop: 'job' }) }, /stop job/],
  [
    'the machine is shutting down',
    'unit_stopped',
    { ...EXIT, unit: unit({ stop: 'shutdown' }) },
    /the machine is shutting down\.$/,
  ],
  [
    'systemd killed it because a stop took too long',
    'unit_stopped',
    { ...CRASH, unit: unit({ result: 'timeout', stop: 'killed' }) },
    /killed process 42 because stopping/,
  ],
];

const UNKNOWN: readonly (readonly [situation: string, evidence: CauseEvidence, says: RegExp])[] = [
  [
    'nothing was found',
    CRASH,
    /^Unknown\. Checked, from 4 s before its death was detected: OOM kills \(none on this machine\); the kernel log \(not readable\)\.$/,
  ],
  [
    'it was never examined',
    { ...CRASH, windowMs: null, kills: { ...NO_KILLS, cgroup: null, own: null, machine: null } },
    /not examined/,
  ],
  ['the machine was restarted', { ...CRASH, reason: 'rebooted', kernelLog: log(victim(42)) }, /restarted/],
  [
    'a child was killed and it ended in order',
    { ...EXIT, kills: kills({ own: 1 }) },
    /OOM kills in its cgroup .*tmux\.service \(1\)/,
  ],
  [
    'a process of its cgroup was killed, and it is not known how it ended',
    { ...LOSS, kills: kills({ own: 1 }) },
    /\(1\)/,
  ],
  [
    'it was replaced as a process of its cgroup was killed',
    { ...CRASH, reason: 'replaced', kills: kills({ own: 1 }) },
    /\(1\)/,
  ],
  [
    'the kernel names others alone',
    { ...CRASH, kills: kills({ own: 1 }), kernelLog: log(victim(7, { command: 'node' })) },
    /OOM killer killed: 7 node/,
  ],
  [
    'the kernel names another process that has its pid by now',
    { ...LOSS, kernelLog: log(victim(42, { command: 'node' })) },
    /OOM killer killed: 42 node/,
  ],
  [
    'the last check was too long ago',
    { ...CRASH, windowMs: LONGEST_WINDOW_MS + 1, kills: kills({ own: 1 }) },
    /from 1 min before/,
  ],
  [
    'the count is that of a whole slice',
    { ...CRASH, kills: kills({ cgroup: '/user.slice', own: 1 }) },
    /\/user\.slice \(1\)/,
  ],
  ['the count is that of the root', { ...CRASH, kills: kills({ cgroup: '/', own: 1 }) }, /cgroup \/ \(1\)/],
  [
    'its cgroup is gone and an ancestor counted a kill',
    { ...CRASH, kills: kills({ own: null, group: null, vanished: true, above: { cgroup: '/user.slice', kills: 1 } }) },
    /is gone; below \/user\.slice: 1/,
  ],
  [
    'its cgroup is gone and the machine had a kill',
    { ...CRASH, kills: kills({ own: null, group: null, vanished: true }) },
    /is gone; on the machine: 1/,
  ],
  [
    'it faulted by itself',
    { ...CRASH, kernelLog: { ...SILENT_LOG, fault: 'tmux: server[42]: segfault at 8' } },
    /The kernel log says: "tmux: server\[42\]: segfault at 8"\.$/,
  ],
  [
    'systemd-oomd killed something while it ended in order',
    { ...EXIT, oomd: 'Killed /user.slice due to memory pressure' },
    /^Unknown\. Checked/,
  ],
  ['its unit is inactive as it is after any end', { ...EXIT, unit: unit() }, /unit tmux\.service \(Result=success\)/],
  ['its unit was killed by a signal', { ...CRASH, unit: unit({ result: 'signal' }) }, /Result=signal/],
  ['its unit was stopped, yet it crashed', { ...CRASH, unit: unit({ stop: 'job' }) }, /^Unknown\. Checked/],
  ['its unit is that of a later run', { ...LOSS, unit: unit({ result: null }) }, /no result known/],
  [
    'its session ended and does not kill',
    { ...EXIT, logout: { ...SESSION_OVER, kills: false } },
    /login session 3 \(ended\)/,
  ],
  [
    'its session ended, and it is not known whether that kills',
    { ...EXIT, logout: { ...SESSION_OVER, kills: null } },
    /^Unknown\. Checked/,
  ],
  ['its session is still there', { ...EXIT, logout: { ...SESSION_OVER, ended: false } }, /still open/],
  ['its session ended between two checks', { ...LOSS, windowMs: 3_600_000, logout: SESSION_OVER }, /from 1 h before/],
  ['its session ended, yet it crashed', { ...CRASH, logout: SESSION_OVER }, /^Unknown\. Checked/],
  ['its user left and lingers', { ...EXIT, logout: { ...USER_LEFT, kills: false } }, /logins of uid 1000 \(ended\)/],
  ['nobody knows whether its user left', { ...EXIT, logout: { ...USER_LEFT, ended: null } }, /\(unknown\)/],
];

describe('judgeCause', () => {
  it.each(CASES)('if %s: %s', (_, cause, evidence, says) => {
    const finding = judgeCause(evidence);

    expect(finding.cause).toBe(cause);
    expect(finding.evidence).toMatch(says);
  });

  it.each(UNKNOWN)('does not guess if %s', (_, evidence, says) => {
    const finding = judgeCause(evidence);

    expect(finding.cause).toBe('unknown');
    expect(finding.evidence).toMatch(says);
  });

  it('gives the same facts as fields', () => {
    const evidence = { ...EXIT, kills: kills({ own: 1 }), unit: unit({ result: 'oom-kill' }), logout: USER_LEFT };

    expect(judgeCause({ ...evidence, kernelLog: log(victim(7)) }).facts).toEqual({
      window_seconds: 4,
      cgroup: CGROUP,
      oom_kills: 1,
      machine_oom_kills: 1,
      kernel_log: 'names_others',
      unit: 'tmux.service',
      unit_result: 'oom-kill',
      oom_policy: 'stop',
      login_ended: true,
    });
  });

  it.each([
    ['names_it', log(victim(42))],
    ['silent', SILENT_LOG],
    ['unreadable', NO_LOG],
  ] as const)('gives the kernel log as a field: %s', (fact, kernelLog) => {
    expect(judgeCause({ ...CRASH, kernelLog }).facts.kernel_log).toBe(fact);
  });
});

describe('every finding', () => {
  it('leaves room for the rest of an event and is safe to print, whatever names are in it', () => {
    fc.assert(
      fc.property(causeEvidence, (evidence) => {
        const finding = judgeCause(evidence);
        expect(CAUSES).toContain(finding.cause);
        expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(3_072);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
        expect(finding.evidence).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
      }),
    );
  });

  it('blames no OOM killer for what ended in order, unless its unit failed for memory or the kernel names it', () => {
    fc.assert(
      fc.property(causeEvidence, (evidence) => {
        const isNamed = evidence.kernelLog.victims.some(({ pid, command }) => pid === 42 && command.startsWith('tmux'));
        fc.pre(evidence.reason === 'exited' && !isNamed && evidence.unit?.result !== 'oom-kill');
        expect(judgeCause(evidence).cause).not.toMatch(/^oom_/);
      }),
    );
  });
});

describe('statedCause', () => {
  it.each([
    ['exited', 'last_session_closed', 'last_session_closed'],
    ['exited', 'shut_down', 'shut_down'],
    ['exited', 'ended', 'unknown'],
    ['exited', null, 'unknown'],
    ['crashed', 'nothing', 'unknown'],
    ['replaced', 'last_session_closed', 'unknown'],
    ['rebooted', 'shut_down', 'unknown'],
    ['lost', null, 'unknown'],
  ] as const)('takes the word of a server that %s and said %s for %s', (reason, word, cause) => {
    expect(statedCause(reason, word)).toBe(cause);
  });
});
