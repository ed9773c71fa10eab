import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  AttachedClient,
  Pane,
  PaneDetail,
  Session,
  Snapshot,
  Window,
  WindowLink,
} from '../../../src/core/model/snapshot.ts';
import { type Parsed, parseInTurns, parseQuery, parsing } from '../../../src/tmux/query/parser.ts';
import { runs } from '../../support/sample/seed.ts';

const MARKER = 'Xx0123456789';
const HEADER = `${MARKER}h 10 1000 3.5a\n`;

const flag = (value: boolean) => (value ? '1' : '0');

/** The output of a tmux server for a snapshot: a window once for each of its links. A record of a pane or a client ends its line. */
function print({ incarnation, version, sessions, windows, panes, clients, attachedClients }: Snapshot): string {
  const unnamed = attachedClients.length === 0;
  const records = [
    `${MARKER}h ${incarnation.pid} ${incarnation.startedAt} ${version}`,
    ...sessions.map(
      ({ id, createdAt, activityAt, lastAttachedAt, attachedClients: attached, name, group }) =>
        `${MARKER}s ${id} ${createdAt} ${activityAt} ${lastAttachedAt ?? ''} ${attached} ${name}${MARKER}g ${id} ${group ?? ''}`,
    ),
    ...windows.flatMap((window) => window.links.map((link) => printLink(window, link))),
    ...panes.map(
      ({ id, windowId, dead, pid, command, detail }) =>
        `${printDetail(detail)}${MARKER}p ${id} ${windowId} ${flag(dead)} ${pid} ${command}\n`,
    ),
    ...Array.from({ length: unnamed ? clients.tty : 0 }, () => `${MARKER}c 0\n`),
    ...Array.from({ length: unnamed ? clients.control : 0 }, () => `${MARKER}c 1\n`),
    ...attachedClients.map(
      ({ name, pid, kind, sessionId, createdAt, activityAt, writtenBytes, discardedBytes, term }) =>
        `${MARKER}k ${pid} ${sessionId} ${createdAt} ${activityAt} ${writtenBytes ?? ''} ${discardedBytes ?? ''} ${name}${MARKER}e ${term}${MARKER}c ${flag(kind === 'control')}\n`,
    ),
  ];
  return records.join('');
}

function printLink({ id, name, detail }: Window, { sessionId, index, bell, activity, silence }: WindowLink): string {
  const detailed = detail && `${MARKER}v ${index} ${detail.activityAt} ${detail.activeClients ?? ''}`;
  return `${detailed ?? ''}${MARKER}w ${id} ${sessionId} ${flag(bell)} ${flag(activity)} ${flag(silence)} ${name}`;
}

function printDetail(detail: PaneDetail | null): string {
  if (!detail) return '';
  const { inMode, exitStatus, exitSignal, historyLines, historyLimitLines, title, path } = detail;
  const numbers = `${flag(inMode)} ${exitStatus ?? ''} ${exitSignal ?? ''} ${historyLines} ${historyLimitLines}`;
  return `${MARKER}q ${numbers}${MARKER}t ${title}${MARKER}d ${path}`;
}

function garbled(parsed: Parsed): string {
  if (parsed.kind !== 'garbled') throw new Error('expected output that does not parse');
  return parsed.message;
}

const number = fc.nat(10 ** 12 - 1);
/** The last second of the year 9999. */
const LAST_TIME = 253_402_300_799;
const time = fc.nat(LAST_TIME);
/** Any text that a name can be: also separators, newlines and other markers. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map((all) => all.toWellFormed()),
  fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '|', ':', ',', '"', "'", '\\', '#{pid}', '\u001f', '😀', 'Xx') }),
);
/** tmux takes newlines out of the names of sessions. */
const sessionName = text.filter((name) => !name.endsWith('\n'));

const session: fc.Arbitrary<Session> = fc.record({
  id: number.map((id) => `$${id}`),
  name: sessionName,
  group: fc.option(sessionName.filter((name) => name !== '')),
  createdAt: time,
  activityAt: time,
  lastAttachedAt: fc.option(fc.integer({ min: 1, max: LAST_TIME })),
  attachedClients: fc.nat(9),
});

const sessionId = number.map((id) => `$${id}`);

function windowOf(detailed: boolean): fc.Arbitrary<Window> {
  const link: fc.Arbitrary<WindowLink> = fc.record({
    sessionId,
    index: detailed ? number : fc.constant(null),
    bell: fc.boolean(),
    activity: fc.boolean(),
    silence: fc.boolean(),
  });
  const detail = fc.record({ activityAt: time, activeClients: fc.option(number) });
  const window = fc.record({
    id: number.map((id) => `@${id}`),
    links: fc.array(link, { minLength: 1, maxLength: 3 }),
    name: text,
    detail: detailed ? detail : fc.constant(null),
  });
  return window.map((all) => ({ ...all, sessionIds: [...new Set(all.links.map((one) => one.sessionId))] }));
}

function paneOf(detailed: boolean): fc.Arbitrary<Pane> {
  const detail = fc.record({
    inMode: fc.boolean(),
    exitStatus: fc.option(fc.nat(255)),
    exitSignal: fc.option(fc.nat(64)),
    historyLines: number,
    historyLimitLines: number,
    title: text,
    path: text,
  });
  return fc.record({
    id: number.map((id) => `%${id}`),
    windowId: number.map((id) => `@${id}`),
    pid: number,
    dead: fc.boolean(),
    command: text,
    detail: detailed ? detail : fc.constant(null),
  });
}

const attachedClient: fc.Arbitrary<AttachedClient> = fc.record({
  name: text.filter((name) => name !== ''),
  pid: number,
  kind: fc.constantFrom('tty' as const, 'control' as const),
  sessionId,
  createdAt: time,
  activityAt: time,
  writtenBytes: fc.option(fc.nat(10 ** 15 - 1)),
  discardedBytes: fc.option(fc.nat(10 ** 15 - 1)),
  term: text,
});

/** Each of the details is asked for or not. */
const snapshot: fc.Arbitrary<Snapshot> = fc.record({ windows: fc.boolean(), panes: fc.boolean() }).chain((details) =>
  fc
    .record({
      incarnation: fc.record({ pid: number, startedAt: time }),
      version: fc.constantFrom('2.9a', '3.5a', 'next-3.6', 'openbsd-7.5', 'master'),
      sessions: fc.uniqueArray(session, {
        comparator: (a, b) => a.id === b.id || a.name === b.name,
        maxLength: 5,
      }),
      windows: fc.uniqueArray(windowOf(details.windows), { selector: ({ id }) => id, maxLength: 5 }),
      panes: fc.uniqueArray(paneOf(details.panes), { selector: ({ id }) => id, maxLength: 5 }),
      clients: fc.record({ tty: fc.nat(3), control: fc.nat(3) }),
      attachedClients: fc.array(attachedClient, { maxLength: 3 }),
    })
    .map((all) => (all.attachedClients.length > 0 ? { ...all, clients: countKinds(all.attachedClients) } : all)),
);

function countKinds(clients: readonly AttachedClient[]): Snapshot['clients'] {
  const control = clients.filter(({ kind }) => kind === 'control').length;
  return { tty: clients.length - control, control };
}

describe('parseQuery, of what tmux prints', () => {
  it('gives back every snapshot exactly, whatever the names are', () => {
    fc.assert(
      fc.property(snapshot, (printed) => {
        expect(parseQuery(print(printed), MARKER)).toEqual({ kind: 'snapshot', snapshot: printed });
      }),
      { numRuns: runs(500) },
    );
  });

  it('finds zeros in a server without sessions', () => {
    expect(parseQuery(HEADER, MARKER)).toMatchObject({
      snapshot: { sessions: [], windows: [], panes: [], clients: { tty: 0, control: 0 } },
    });
  });

  it('counts a pane once, in however many sessions it is listed', () => {
    const line = `${MARKER}p %1 @1 0 77 sh\n`;

    expect(parseQuery(HEADER + line + line, MARKER)).toMatchObject({ snapshot: { panes: [{ id: '%1' }] } });
  });

  it('takes a session that nobody was ever attached to for that, as old versions print it', () => {
    const line = `${MARKER}s $1 10 20 0 0 work${MARKER}g $1 `;

    expect(parseQuery(HEADER + line, MARKER)).toMatchObject({ snapshot: { sessions: [{ lastAttachedAt: null }] } });
  });

  it('takes a newline at the end of a name of a window for a part of it, and one at the end of a line for none', () => {
    const line = `${MARKER}w @1 $1 0 0 0 sh\n${MARKER}p %1 @1 0 77 vi\n`;

    expect(parseQuery(HEADER + line, MARKER)).toMatchObject({
      snapshot: { windows: [{ name: 'sh\n' }], panes: [{ command: 'vi' }] },
    });
  });

  it('takes an empty flag for none, as old versions print it', () => {
    const line = `${MARKER}w @1 $1    sh`;

    expect(parseQuery(HEADER + line, MARKER)).toMatchObject({
      snapshot: { windows: [{ links: [{ bell: false, activity: false, silence: false }], name: 'sh' }] },
    });
  });
});

describe('parseQuery, of details', () => {
  const pane = (numbers: string) => `${HEADER}${MARKER}q ${numbers}${MARKER}t ${MARKER}d ${MARKER}p %1 @1 1 7 sh\n`;

  it('takes what an old server does not know for unknown', () => {
    const window = `${MARKER}v 0 1000 ${MARKER}w @1 $1 0 0 0 sh`;
    const client = `${MARKER}k 7 $1 1 2   /dev/pts/1${MARKER}e xterm${MARKER}c 0\n`;

    expect(parseQuery(HEADER + client + window, MARKER)).toMatchObject({
      snapshot: {
        windows: [{ detail: { activityAt: 1000, activeClients: null } }],
        attachedClients: [{ name: '/dev/pts/1', writtenBytes: null, discardedBytes: null }],
      },
    });
  });

  it.each([
    ['a status', '0 3  0 2000', { inMode: false, exitStatus: 3, exitSignal: null }],
    ['the number of a signal', '0  9 0 2000', { exitStatus: null, exitSignal: 9 }],
    ['the name of a signal, as BSD has it', '0  kill 0 2000', { exitStatus: null, exitSignal: 9 }],
    ['a signal that nobody knows', '0  fancy 0 2000', { exitStatus: null, exitSignal: null }],
    ['several modes over each other', '2   0 2000', { inMode: true }],
    ['no mode, as old versions print it', '   0 2000', { inMode: false }],
  ])('reads a pane with %s', (_, numbers, detail) => {
    expect(parseQuery(pane(numbers), MARKER)).toMatchObject({ snapshot: { panes: [{ detail }] } });
  });

  it.each([
    ['a detail too few', `${HEADER}${MARKER}v 0 1 1${MARKER}w @1 $1 0 0 0 a${MARKER}w @2 $1 0 0 0 b`, /^expected 2/],
    ['a history that is none', pane('0   x 2000'), 'expected a number as history_size, found "x"'],
    ['a client without a name', `${HEADER}${MARKER}k 7 $1 1 2 0 0 ${MARKER}e ${MARKER}c 0\n`, /^expected the name/],
    ['bytes that are none', `${HEADER}${MARKER}k 7 $1 1 2 x 0 a${MARKER}e ${MARKER}c 0\n`, /as client_written/],
  ])('says what is wrong with %s', (_, output, message) => {
    expect(garbled(parseQuery(output, MARKER))).toMatch(message);
  });
});

describe('parseQuery, of what tmux never prints', () => {
  const lateTime = (field: string) => `expected a time before the year 10000 as ${field}, found "253402300800"`;
  const windowAt = (time: string) => `${HEADER}${MARKER}v 0 ${time} 1${MARKER}w @1 $1 0 0 0 a`;
  const clientAt = (times: string) => `${HEADER}${MARKER}k 7 $1 ${times} 0 0 a${MARKER}e ${MARKER}c 0\n`;

  it.each([
    ['nothing', '', 'expected pid, start time and version of the server, found none'],
    ['an answer without markers', 'work: 1 windows\n', 'expected a record first, found "work: 1 windows\\n"'],
    ['the marker of another query', HEADER.replace('Xx', 'Xy'), /^expected a record first/],
    ['a word before the first record', `hello ${HEADER}`, /^expected a record first/],
    ['a record of no known kind', `${HEADER}${MARKER}x 1 2\n`, 'expected a record, found "x 1 2\\n"'],
    ['a record that was cut', `${HEADER}${MARKER}`, 'expected a record, found ""'],
    ['too few fields', `${MARKER}h 10 1000\n`, 'expected 3 fields, found "10 1000"'],
    ['a pid that is none', `${MARKER}h x 1000 3.5a\n`, 'expected a number as pid, found "x"'],
    ['a negative number', `${MARKER}h 10 -1 3.5a\n`, 'expected a number as start_time, found "-1"'],
    ['a time that no date can hold', `${MARKER}h 10 9999999999999 3.5a\n`, /^expected a number as start_time/],
    ['a start in the year 10000', `${MARKER}h 10 253402300800 3.5a\n`, lateTime('start_time')],
    ['a session of the year 10000', `${HEADER}${MARKER}s $1 253402300800 1 1 0 a`, lateTime('session_created')],
    ['an activity of the year 10000', `${HEADER}${MARKER}s $1 1 253402300800 1 0 a`, lateTime('session_activity')],
    ['a visit of the year 10000', `${HEADER}${MARKER}s $1 1 1 253402300800 0 a`, lateTime('session_last_attached')],
    ['a window of the year 10000', windowAt('253402300800'), lateTime('window_activity')],
    ['a client of the year 10000', clientAt('253402300800 1'), lateTime('client_created')],
    ['a key of the year 10000', clientAt('1 253402300800'), lateTime('client_activity')],
    ['no version', `${MARKER}h 10 1000 \n`, 'expected a version, found ""'],
    ['a version that is a novel', `${MARKER}h 10 1000 ${'v'.repeat(41)}\n`, /^expected a version/],
    ['a version with a newline', `${MARKER}h 10 1000 3.5a\n\n`, /^expected a version/],
    ['a session id of a window', `${HEADER}${MARKER}s @1 1 1 1 0 work`, 'expected an id such as $1, found "@1"'],
    ['an id without a number', `${HEADER}${MARKER}w @ $1 0 0 0 sh`, 'expected an id such as @1, found "@"'],
    ['a flag that is none', `${HEADER}${MARKER}p %1 @1 yes 1 sh\n`, 'expected 0 or 1, found "yes"'],
    ['one session twice', `${HEADER}${MARKER}s $1 1 1 1 0 a${MARKER}s $1 1 1 1 0 b`, 'found a session twice'],
    ['two sessions of one name', `${HEADER}${MARKER}s $1 1 1 1 0 a${MARKER}s $2 1 1 1 0 a`, 'found a session twice'],
  ])('says what is wrong with %s', (_, output, message) => {
    expect(garbled(parseQuery(output, MARKER))).toMatch(message);
  });

  it.each([
    ['start', `${MARKER}h 10 253402300799 3.5a\n`],
    ['window', windowAt('253402300799')],
    ['client', clientAt('253402300799 253402300799')],
    ['session with a large id', `${HEADER}${MARKER}s $999999999999 1 1 1 999999999999 a`],
  ])('reads a %s at the limit', (_, output) => {
    expect(parseQuery(output, MARKER).kind).toBe('snapshot');
  });

  it('quotes no more of it than a person reads', () => {
    expect(garbled(parseQuery('x'.repeat(10_000), MARKER)).length).toBeLessThan(120);
  });

  it('never throws, whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        MARKER,
        ...[...'hsgkecvwqtdp'].map((letter) => `${letter} `),
        '$1 ',
        '@1 ',
        '%1 ',
        '0 ',
        '1 ',
        '\n',
      ),
      fc.string({ unit: 'binary', maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(['snapshot', 'garbled']).toContain(parseQuery(pieces.join(''), MARKER).kind);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('never throws at an answer that was cut, or in which a character was changed', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(400), fc.string({ maxLength: 2 }), (printed, at, damage) => {
        const whole = print(printed);
        const cut = whole.slice(0, at);
        const damaged = cut + damage + whole.slice(at + 1);
        expect(['snapshot', 'garbled']).toContain(parseQuery(cut, MARKER).kind);
        expect(['snapshot', 'garbled']).toContain(parseQuery(damaged, MARKER).kind);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('A long answer', () => {
  const many = Array.from({ length: 20_000 }, (_, at) => {
    return `${MARKER}s $${at} 1 2 3 0 name${at}${MARKER}g $${at} ${MARKER}w @${at} $${at} 0 0 0 win${MARKER}p %${at} @${at} 0 7 sh\n`;
  });
  const output = `${HEADER.trimEnd()}${many.join('')}`;

  it('is parsed in slices of some thousand records, so that it does not hold the main thread', () => {
    const work = parsing(output, MARKER);
    let slices = 1;
    while (!work.next().done) slices++;

    expect(slices).toBeGreaterThan((5 * many.length) / 2_000);
  });

  it('means the same in slices', async () => {
    expect(await parseInTurns(output, MARKER)).toEqual(parseQuery(output, MARKER));
  });
});
