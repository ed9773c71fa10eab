import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventDraft, isAtLeast, WORST_SEVERITY } from '../../../src/core/event/event.ts';
import { stampEvent } from '../../../src/core/event/event-log.ts';
import type { Evidence, Observation } from '../../../src/core/model/observation.ts';
import { GONE_REASONS, type UnreachableCause } from '../../../src/core/model/server.ts';
import type { Life, ServerRecord } from '../../../src/core/record/record.ts';
import {
  goneDraft,
  rebootedDraft,
  recoveredDraft,
  registeredDraft,
  sessionDraft,
  unreachableDraft,
  unregisteredDraft,
  unresponsiveDraft,
  upDraft,
} from '../../../src/core/wording/draft.ts';
import { hostileText, snapshot } from '../../support/sample/arbitrary.ts';
import {
  DEAD,
  failed,
  NOW,
  pendingRecord,
  sampleDeath,
  samplePane,
  sampleSession,
  sampleSnapshot,
  sampleWindow,
  upRecord,
} from '../../support/sample/sample.ts';
import { runs } from '../../support/sample/seed.ts';

const HOUR = 3_600;
const CAUSES: readonly UnreachableCause[] = ['socket_lost', 'wedged', 'permission', 'version_mismatch'];

const FOUR_SESSIONS = sampleSnapshot({
  incarnation: { pid: 4242, startedAt: NOW / 1000 - 76 * HOUR },
  sessions: ['api', 'web', 'db', 'logs'].map((name, number) => sampleSession(number, { name })),
  windows: [0, 1, 2, 3].map((number) => sampleWindow(number, [number])),
  panes: Array.from({ length: 12 }, (_, number) =>
    samplePane(number, number % 4, { command: number % 2 ? 'vim' : 'node' }),
  ),
});

function died(evidence: Partial<Evidence> = {}, at: Partial<Observation> = {}): Observation {
  return { ...failed('refused', { ...DEAD, ...evidence }), ...at };
}

function lifeOf({ life }: ServerRecord): Life {
  if (!life) throw new Error('expected a record with a life');
  return life;
}

function lines({ title, body }: EventDraft): string[] {
  return [title, body];
}

describe('goneDraft', () => {
  it('says what was lost, how long it lived and how we know', () => {
    expect(lines(goneDraft(upRecord(FOUR_SESSIONS), sampleDeath('crashed'), died()))).toEqual([
      'tmux server work crashed: 4 sessions, 12 panes lost (api, web, db, logs); it ran for 3 d 4 h',
      'Its process 4242 has ended and nothing answers on /tmp/tmux-1000/work. Sessions: api, web, db, logs. Running: node, vim.',
    ]);
  });

  it.each([
    ['exited', 'tmux server work ended: 1 session, 1 pane lost (main); it ran for 1 h', 'warning'],
    ['crashed', 'tmux server work crashed: 1 session, 1 pane lost (main); it ran for 1 h', 'critical'],
    [
      'replaced',
      'tmux server work died and was replaced by a new one: 1 session, 1 pane lost (main); it ran for 1 h',
      'warning',
    ],
    [
      'rebooted',
      'tmux server work died when the machine restarted: 1 session, 1 pane lost (main); it ran for 1 h',
      'critical',
    ],
    ['lost', 'tmux server work is gone: 1 session, 1 pane lost (main); it ran for 1 h', 'critical'],
  ] as const)('says of %s: %s', (reason, title, severity) => {
    expect(goneDraft(upRecord(), sampleDeath(reason), died())).toMatchObject({ title, severity, details: { reason } });
  });

  it.each([
    ['last_session_closed', 'ended with its last session', 'info'],
    ['shut_down', 'was shut down', 'warning'],
  ] as const)('says how it ended if the server itself named the cause: %s', (cause, how, severity) => {
    const gone = goneDraft(upRecord(), { ...sampleDeath('exited'), cause }, died({ watch: cause }));

    expect(gone.title).toBe(`tmux server work ${how}: 1 session, 1 pane lost (main); it ran for 1 h`);
    expect(gone).toMatchObject({ severity, details: { reason: 'exited', cause } });
  });

  it.each([
    ['last_session_closed', 'The server said that its last session was closed. '],
    ['shut_down', 'The server said that it was shutting down, as after kill-server or SIGTERM. '],
    ['ended', ''],
    ['nothing', 'It closed its connections without saying why, as in a crash or after SIGKILL. '],
    [null, ''],
  ] as const)('says how the watch ended: %s', (watch, sentence) => {
    expect(goneDraft(upRecord(), sampleDeath('exited'), died({ watch })).body).toBe(
      `Its process 4242 has ended and nothing answers on /tmp/tmux-1000/work. ${sentence}Sessions: main. Running: sh.`,
    );
  });

  it('says that nothing was lost with a server without sessions', () => {
    const empty = sampleSnapshot({ sessions: [], windows: [], panes: [] });

    expect(lines(goneDraft(upRecord(empty), sampleDeath('exited'), died()))).toEqual([
      'tmux server work ended: no session lost; it ran for 1 h',
      'Its process 4242 has ended and nothing answers on /tmp/tmux-1000/work. It had no session.',
    ]);
  });

  it('names six sessions in the title and counts the others', () => {
    const sessions = Array.from({ length: 25 }, (_, number) => sampleSession(number, { name: `s${number}` }));

    const { title, body } = goneDraft(upRecord(sampleSnapshot({ sessions })), sampleDeath('lost'), died());

    expect(title).toBe(
      'tmux server work is gone: 25 sessions, 1 pane lost (s0, s1, s2, s3, s4, s5 and 19 more); it ran for 1 h',
    );
    expect(body).toMatch(/s19 and 5 more\. Running: sh\.$/);
  });

  it('admits what it does not know of a server that never answered', () => {
    const { title, body, details } = goneDraft(pendingRecord(), sampleDeath('lost'), died({ process: 'unknown' }));

    expect(title).toBe('tmux server work is gone');
    expect(body).toBe('Its process cannot be seen from here and nothing answers on /tmp/tmux-1000/work.');
    expect(details).toMatchObject({ last_seen: null, uptime_seconds: null, lost: null });
  });

  it('says that another server answers if one does', () => {
    const { body } = goneDraft(upRecord(), sampleDeath('replaced'), died({ connect: 'accepted' }));

    expect(body).toContain('Its process 4242 has ended and another server answers on /tmp/tmux-1000/work.');
  });

  it('carries its evidence', () => {
    expect(goneDraft(upRecord(), sampleDeath('lost'), died()).details).toMatchObject({
      cause: 'unknown',
      evidence: { trigger: 'poll', connect: 'refused', pid_alive: false, listening: false, tmux: 'not_asked' },
    });
  });

  it('does not pretend to know of a process that it cannot see', () => {
    const { details } = goneDraft(upRecord(), sampleDeath('lost'), died({ process: 'unknown' }));

    expect(details).toMatchObject({ evidence: { pid_alive: null } });
  });

  it.each([
    ['the moment at which the watch ended', { diedAt: NOW + 4_900 }, 100],
    ['the last answer, if there was no watch', {}, 5_000],
  ])('counts the detection from %s', (_, at, detectionMs) => {
    const { details } = goneDraft(upRecord(), sampleDeath('lost', NOW + 5_000), died({}, at));

    expect(details).toMatchObject({
      last_seen: '2026-03-01T12:00:00.000Z',
      detected_at: '2026-03-01T12:00:05.000Z',
      detection_ms: detectionMs,
    });
  });

  it('never says that it died before it lived, whatever a clock does', () => {
    const record = upRecord(sampleSnapshot({ incarnation: { pid: 1, startedAt: NOW / 1000 + HOUR } }));

    const { details } = goneDraft(record, sampleDeath('lost', NOW - 10_000), died());

    expect(details).toMatchObject({ uptime_seconds: 0, detection_ms: 0 });
  });
});

describe('the other notices', () => {
  it('report a registration', () => {
    expect(lines(registeredDraft(pendingRecord()))).toEqual([
      'tmux server work registered',
      'It is polled from now on (static, /tmp/tmux-1000/work).',
    ]);
  });

  it('report a deregistration', () => {
    expect(lines(unregisteredDraft(upRecord()))).toEqual([
      'tmux server work unregistered',
      'It is no longer polled. This does not mean that it died.',
    ]);
  });

  it.each([
    [null, 'tmux server work is up: 1 session, 1 pane'],
    ['e1-1', 'tmux server work is up again: 1 session, 1 pane'],
  ])('report a server that is up, in the incident %s', (incident, title) => {
    const record = { ...upRecord(), incident };

    expect(upDraft(record, lifeOf(record))).toMatchObject({
      title,
      body: 'tmux 3.5a, pid 4242. Sessions: main. Running: sh.',
      incident,
    });
  });

  it('report a server that does not answer', () => {
    expect(lines(unresponsiveDraft(upRecord(), 2))).toEqual([
      'tmux server work does not answer',
      'It accepts connections, but 2 polls in a row timed out. It is not dead: its process may be stopped (SIGSTOP), or the machine busy.',
    ]);
  });

  it('report a recovery', () => {
    const record: ServerRecord = { ...upRecord(), state: 'unresponsive', since: NOW };

    expect(lines(recoveredDraft(record, lifeOf(record), NOW + 125_000))).toEqual([
      'tmux server work answers again after 2 min 5 s',
      'It was unresponsive. Nothing was lost: it has 1 session, 1 pane.',
    ]);
  });

  it.each([
    [
      'socket_lost',
      'its socket file was deleted',
      "test ! -e /tmp/tmux-1000/work && ps -o comm= -p 4242 | grep -qxF 'tmux: server' && kill -USR1 4242 makes it create the socket again if its path is free. Keep /tmp cleaners away from it. If /tmp/tmux-1000 is gone too, make it first, as the server's user: mkdir -m 700 /tmp/tmux-1000.",
    ],
    [
      'wedged',
      'it refuses connections',
      'Its process 4242 runs, but nothing listens on its socket: it may be waiting for a stuck client. Detach or end its clients, not the server.',
    ],
    ['permission', 'permission denied', 'Run an exporter as the user that owns /tmp/tmux-1000/work.'],
    [
      'version_mismatch',
      "it speaks another version of tmux's protocol",
      `As its own user, ps -o uid= -p 4242 | grep -qw "$(id -u)" && ps -o comm= -p 4242 | grep -qxF 'tmux: server' && /proc/4242/exe -S /tmp/tmux-1000/work attach still reaches it. Restart the server when its work is done.`,
    ],
  ] as const)('name the cure of %s', (cause, problem, cure) => {
    const draft = unreachableDraft(upRecord(), cause);

    expect(draft).toMatchObject({
      title: `tmux server work is alive but unreachable: ${problem}`,
      body: `Nothing is lost. ${cure}`,
      details: { cause, cure },
    });
  });

  it('name the cure of a server whose path another one took, as a command that is safe to copy', () => {
    const socket = '/srv/my sockets/$(id)';
    const draft = unreachableDraft(upRecord(sampleSnapshot(), { socket, displacedPid: 4242 }), 'socket_lost');

    expect(draft.title).toBe('tmux server work is alive but unreachable: another server was started at its path');
    expect(draft.body).toBe(
      `Nothing is lost. Another server was started at its path. ps -o comm= -p 4242 | grep -qxF 'tmux: server' && test ! -e '${socket}-new' && mv '${socket}' '${socket}-new' && kill -USR1 4242 makes both reachable. Inside the newer one, use tmux -S '${socket}-new'.`,
    );
  });

  it('name the cure of a server at whose path something else is', () => {
    const draft = unreachableDraft({ ...upRecord(), isPathTaken: true }, 'socket_lost');

    expect(draft).toMatchObject({
      title: 'tmux server work is alive but unreachable: something else is at its path',
      body: "Nothing is lost. Something else is at its path. ps -o comm= -p 4242 | grep -qxF 'tmux: server' && test ! -e /tmp/tmux-1000/work-new && mv /tmp/tmux-1000/work /tmp/tmux-1000/work-new && kill -USR1 4242 moves that aside and makes the server create its socket again.",
    });
  });

  it('report a restart of the machine, and which servers died with it', () => {
    const lost = ['a', 'b'].map((name) => upRecord(sampleSnapshot(), { name }));

    expect(rebootedDraft(lost, 'boot-1')).toMatchObject({
      title: 'the machine was restarted: 2 tmux servers lost (a, b)',
      severity: 'critical',
      details: { previous_boot_id: 'boot-1', lost: 2, server_names: ['a', 'b'] },
    });
  });

  it.each([
    ['created', 'tmux session api was created on server work'],
    ['closed', 'tmux session api was closed on server work'],
  ] as const)('report a session that was %s', (kind, title) => {
    const record = upRecord();
    const draft = sessionDraft(record, lifeOf(record), { kind, session: { id: '$3', name: 'api' } });

    expect(draft).toMatchObject({
      type: `session-${kind}`,
      title,
      body: 'Its id is $3.',
      incident: null,
      details: { session: { id: '$3', name: 'api' } },
    });
  });

  it('report a session that was renamed', () => {
    const record = upRecord();
    const session = { id: '$3', name: 'web' };
    const draft = sessionDraft(record, lifeOf(record), { kind: 'renamed', session, previousName: 'api' });

    expect(draft).toMatchObject({
      type: 'session-renamed',
      title: 'tmux session api was renamed to web on server work',
      details: { session, previous_name: 'api' },
    });
  });
});

describe('every notice, whatever people call things', () => {
  const ORIGIN = { host: 'h'.repeat(64), bootId: 'b'.repeat(36) };
  const ID = `${'e'.repeat(32)}-${'9'.repeat(15)}`;

  /** A socket path can hold any byte but NUL, and at most 107 of them. */
  const socket = hostileText.map((text) => `/${cutToBytes(text.replaceAll('\0', '\u0001').toWellFormed(), 106)}`);
  const name = fc.constantFrom('work', `${'u'.repeat(64)}/${'n'.repeat(64)}`);
  const long = hostileText.map((text) => text.repeat(20));

  const drafts = fc
    .record({ holds: snapshot(long, long), socket, name, incident: fc.option(fc.constant('e'.repeat(32))), text: long })
    .map(({ holds, socket, name, incident, text }) => {
      const record = { ...upRecord(holds, { name, socket }), incident };
      const life = lifeOf(record);
      const session = { id: '$999999', name: text };
      return [
        registeredDraft(record),
        unregisteredDraft(record),
        upDraft(record, life),
        ...GONE_REASONS.map((reason) => goneDraft(record, sampleDeath(reason), died())),
        rebootedDraft(Array(100).fill(record), 'b'.repeat(36)),
        unresponsiveDraft(record, 1_000),
        recoveredDraft(record, life, NOW + 10 ** 9),
        ...CAUSES.map((cause) => unreachableDraft(record, cause)),
        unreachableDraft({ ...record, target: { ...record.target, displacedPid: 4242 } }, 'socket_lost'),
        sessionDraft(record, life, { kind: 'created', session }),
        sessionDraft(record, life, { kind: 'closed', session }),
        sessionDraft(record, life, { kind: 'renamed', session, previousName: text }),
      ];
    });

  function holds(law: (draft: EventDraft) => void): void {
    fc.assert(
      fc.property(drafts, (all) => {
        for (const draft of all) law(draft);
      }),
      { numRuns: runs(200) },
    );
  }

  it('is at most as severe as its type can be', () => {
    holds(({ type, severity }) => expect(isAtLeast(WORST_SEVERITY[type], severity)).toBe(true));
  });

  it('makes an event of at most 4 KiB', () => {
    holds((draft) => {
      const json = JSON.stringify(stampEvent(draft, ID, NOW, ORIGIN));
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(4096);
    });
  });

  it('makes an event of at most 4 KiB of the longest of everything', () => {
    const emoji = '😀'.repeat(12);
    const sessions = Array.from({ length: 200 }, (_, number) => sampleSession(number, { name: `${emoji}${number}` }));
    const panes = sessions.map((_, number) => samplePane(number, number, { command: `${emoji}${number}` }));
    const socket = `/${'\u0001'.repeat(106)}`;
    const holds = sampleSnapshot({ sessions, panes, version: 'v'.repeat(40) });
    const record = upRecord(holds, { name: `${'u'.repeat(64)}/${'n'.repeat(64)}`, socket });

    const json = JSON.stringify(stampEvent(goneDraft(record, sampleDeath('rebooted'), died()), ID, NOW, ORIGIN));

    expect(Buffer.byteLength(json)).toBeGreaterThan(3072);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(4096);
  });

  it('shows a person no control character', () => {
    holds(({ title, body }) => {
      expect(title + body).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    });
  });

  it('keeps a title on a line that a notification can hold', () => {
    holds(({ title }) => {
      expect(title.length).toBeGreaterThan(0);
      expect([...title].length).toBeLessThanOrEqual(400);
    });
  });

  function cutToBytes(text: string, bytes: number): string {
    let cut = text;
    while (Buffer.byteLength(cut) > bytes) cut = [...cut].slice(0, -1).join('');
    return cut;
  }
});
