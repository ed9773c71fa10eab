import { describe, expect, it } from '@jest/globals';
import { HAZARDS, type HazardEvidence, judgeHazards } from '../../../src/core/death/hazard.ts';
import { samplePatient } from '../../support/sample/sample.ts';

const SAFE: HazardEvidence = {
  patient: samplePatient({ socket: '/tmp/tmux-1000/default' }),
  unit: 'none',
  logout: 'none',
  cleaner: 'none',
  skew: { otherBinary: false },
  socketLost: false,
};

const SERVICE = { name: 'tmux.service', manager: 'user', uid: 1000, session: null, invocation: null } as const;
const SCOPE = { name: 'session-3.scope', manager: 'system', uid: 1000, session: '3', invocation: null } as const;

const MACHINE_SCOPE = { ...SCOPE, name: 'tmux.scope', uid: null, session: null } as const;

const CLEANED = { folder: '/tmp', socket: '/tmp/tmux-1000/default' } as const;

/** A socket in a folder that is not the server's own. */
const SHARED = { folder: '/tmp', socket: '/tmp/my x' } as const;

const DANGERS: readonly (readonly [string, Partial<HazardEvidence>, string])[] = [
  [
    'oom_policy_stop',
    { unit: { unit: SERVICE, oomPolicy: 'stop', companions: 3 } },
    '"systemctl --user edit tmux.service"',
  ],
  [
    'oom_policy_stop',
    { unit: { unit: SERVICE, oomPolicy: 'kill', companions: 1 } },
    'OOMPolicy=continue below [Service]',
  ],
  [
    'oom_policy_stop',
    { unit: { unit: SCOPE, oomPolicy: 'stop', companions: 3 } },
    '"systemd-run --user --scope -p OOMPolicy=continue tmux"',
  ],
  [
    'oom_policy_stop',
    { unit: { unit: { ...SERVICE, name: 'app-my\\x2dmux@1.service' }, oomPolicy: 'stop', companions: 3 } },
    `"systemctl --user edit 'app-my'\\\\'x2dmux@1.service'"`,
  ],
  [
    'oom_policy_stop',
    { unit: { unit: MACHINE_SCOPE, oomPolicy: 'stop', companions: 3 } },
    '"systemd-run --scope -p OOMPolicy=continue tmux"',
  ],
  ['kill_on_logout', { logout: { of: 'session', user: 'alice', kills: true } }, '"systemd-run --user --scope tmux"'],
  [
    'kill_on_logout',
    { logout: { of: 'session', user: 'alice', kills: true } },
    'put "KillExcludeUsers=root alice" below [Login] into /etc/systemd/logind.conf.d/tmux-exporter.conf',
  ],
  ['kill_on_logout', { logout: { of: 'session', user: 'root', kills: true } }, '"KillExcludeUsers=root"'],
  [
    'kill_on_logout',
    { logout: { of: 'user-manager', user: 'corp\\alice', kills: true } },
    `"loginctl enable-linger 'corp'\\\\'alice'"`,
  ],
  [
    'kill_on_logout',
    { logout: { of: 'user-manager', user: 'alice', kills: true } },
    'run "loginctl enable-linger alice".',
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...CLEANED, cleaner: 'systemd-tmpfiles', rule: '/usr/lib/tmpfiles.d/tmp.conf' } },
    'add the line "x /tmp/tmux-1000" to /etc/tmpfiles.d/tmux-exporter.conf',
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...CLEANED, cleaner: 'tmpreaper', rule: '/etc/tmpreaper.conf' } },
    "'/tmp/tmux-1000/*' to TMPREAPER_PROTECT_EXTRA",
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...CLEANED, cleaner: 'tmpwatch', rule: '/etc/cron.daily/tmpwatch' } },
    'add --exclude=/tmp/tmux-1000 to its command',
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...SHARED, cleaner: 'systemd-tmpfiles', rule: '/usr/lib/tmpfiles.d/tmp.conf' } },
    'add the line "x /tmp/my*x" to /etc/tmpfiles.d/tmux-exporter.conf',
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...SHARED, cleaner: 'tmpreaper', rule: '/etc/tmpreaper.conf' } },
    "add '/tmp/my*x' to TMPREAPER_PROTECT_EXTRA",
  ],
  [
    'tmp_cleaner',
    { cleaner: { ...SHARED, cleaner: 'tmpwatch', rule: '/etc/cron.daily/tmpwatch' } },
    "add '--exclude=/tmp/my x' to its command",
  ],
  ['version_skew', { skew: { otherBinary: true } }, 'It runs another build of tmux than the one in use'],
  ['version_skew', { skew: { otherBinary: true } }, '/proc/42/exe -S /tmp/tmux-1000/default attach still reaches it'],
  ['socket_lost', { socketLost: true }, 'Its socket file was deleted. test ! -e /tmp/tmux-1000/default && '],
  ['socket_lost', { socketLost: true }, ' && kill -USR1 42 makes it create the socket again if its path is free.'],
  [
    'socket_lost',
    { socketLost: true, patient: samplePatient({ socket: '/tmp/tmux-1000/default', isDisplaced: true }) },
    'mv /tmp/tmux-1000/default /tmp/tmux-1000/default-new && kill -USR1 42',
  ],
  [
    'socket_lost',
    { socketLost: true, patient: samplePatient({ isDisplaced: true }) },
    'Another server was started at its path. ps ',
  ],
  [
    'socket_lost',
    { socketLost: true, patient: samplePatient({ isPathTaken: true }) },
    'Something else is at its path. ps ',
  ],
];

describe('judgeHazards', () => {
  it('reports each danger that does not hold as such', () => {
    const findings = judgeHazards(SAFE);

    expect(findings.map(({ hazard }) => hazard)).toEqual([...HAZARDS]);
    expect(findings.every(({ holds, cure }) => !holds && cure === '')).toBe(true);
  });

  it.each(DANGERS)('names the cure of %s: %j', (hazard, evidence, cure) => {
    const found = judgeHazards({ ...SAFE, ...evidence }).filter(({ holds }) => holds);

    expect(found.map((finding) => finding.hazard)).toEqual([hazard]);
    expect(found[0]?.cure).toContain(cure);
  });

  it('is silent about what is not known', () => {
    const findings = judgeHazards({ ...SAFE, unit: null, logout: null, cleaner: null, skew: null });

    expect(findings.map(({ hazard }) => hazard)).toEqual(['socket_lost']);
  });

  it.each([
    ['goes on without the process', { unit: SERVICE, oomPolicy: 'continue', companions: 3 }],
    ['has no policy', { unit: SCOPE, oomPolicy: null, companions: 3 }],
    ['holds the server alone', { unit: SERVICE, oomPolicy: 'stop', companions: 0 }],
  ] as const)('sees no danger in a unit that %s', (_, unit) => {
    expect(judgeHazards({ ...SAFE, unit })[0]).toEqual({ hazard: 'oom_policy_stop', holds: false, cure: '' });
  });

  it('sees no danger in a logout that leaves it alone', () => {
    const [, logout] = judgeHazards({ ...SAFE, logout: { of: 'session', user: 'alice', kills: false } });

    expect(logout).toEqual({ hazard: 'kill_on_logout', holds: false, cure: '' });
  });
});
