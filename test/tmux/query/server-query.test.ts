import { describe, expect, it } from '@jest/globals';
import type { Snapshot } from '../../../src/core/model/snapshot.ts';
import type { CommandEnd } from '../../../src/tmux/protocol/client.ts';
import { type Ask, type QueryTarget, queryServer } from '../../../src/tmux/query/server-query.ts';
import { INCARNATION } from '../../support/sample/sample.ts';

type End = Awaited<ReturnType<Ask>>;

const SOCKET = '/tmp/tmux-1000/work';
const NEW: QueryTarget = { socket: SOCKET, known: null };
const KNOWN: QueryTarget = { ...NEW, known: { incarnation: INCARNATION, version: '2.9a' } };

const printed = (stdout: string): End => ({ kind: 'exited', code: 0, stdout, stderr: '' });
const said = (stderr: string): End => ({ kind: 'exited', code: 1, stdout: '', stderr: `${stderr}\n` });

/** Answers each command by its name: with an end, or with the records of one line. */
class Answers {
  /** The commands that were asked. */
  readonly commands: (readonly string[])[] = [];
  readonly #answers: Readonly<Record<string, End | readonly string[]>>;

  constructor(answers: Readonly<Record<string, End | readonly string[]>>) {
    this.#answers = answers;
  }

  get names(): string[] {
    return this.commands.map(([name = '']) => name);
  }

  readonly ask: Ask = async (command) => {
    this.commands.push(command);
    const answer = this.#answers[command[0] ?? ''] ?? said(`unknown command: ${command[0]}`);
    if ('kind' in answer) return answer;
    return printed(`${answer.map((record) => markerOf(command) + record).join('')}\n`);
  };
}

/** The text before the first record of a format. */
function markerOf(command: readonly string[]): string {
  const [, marker = ''] = /([0-9A-Za-z]{12})[a-z] #/.exec(command.at(-1) ?? '') ?? [];
  return marker;
}

const OBJECTS = ['h 10 1000 3.5a', 's $1 1 2 3 0 work', 'g $1 ', 'w @1 $1 0 0 0 sh', 'p %1 @1 0 7 sh'];
const ATTACHED = OBJECTS.with(1, 's $1 1 2 3 2 work');

function query(answer: End | readonly string[], target = NEW) {
  return queryServer(new Answers({ 'list-panes': answer }).ask, target);
}

describe('queryServer', () => {
  it('gives the snapshot that a server prints, by one command', async () => {
    const answers = new Answers({ 'list-panes': OBJECTS });

    expect(await queryServer(answers.ask, NEW)).toMatchObject({
      kind: 'snapshot',
      said: 'answered',
      snapshot: {
        incarnation: { pid: 10, startedAt: 1000 },
        version: '3.5a',
        sessions: [{ id: '$1', name: 'work' }],
        windows: [{ id: '@1', name: 'sh' }],
        panes: [{ id: '%1', command: 'sh' }],
        clients: { tty: 0, control: 0 },
      },
    });
    expect(answers.names).toEqual(['list-panes']);
  });

  it('asks for the clients if a session has one, and counts them', async () => {
    const answers = new Answers({ 'list-panes': ATTACHED, 'list-clients': ['c 0\n', 'c 1'] });

    const result = await queryServer(answers.ask, NEW);

    expect(result).toMatchObject({ snapshot: { sessions: [{ id: '$1' }], clients: { tty: 1, control: 1 } } });
    expect(answers.names).toEqual(['list-panes', 'list-clients']);
  });

  it('asks for details only if it is to', async () => {
    const answers = new Answers({ 'list-panes': ATTACHED, 'list-clients': ['c 0'] });
    const details = { windows: true, panes: true, clients: true };

    await queryServer(answers.ask, NEW);
    await queryServer(answers.ask, { ...NEW, details });

    const [plain = '', plainClients = '', detailed = '', detailedClients = ''] = answers.commands.map(String);
    expect([plain, plainClients].join()).not.toMatch(/window_activity}|pane_current_path|client_termname/);
    expect(detailed).toMatch(/window_activity}.*pane_current_path/);
    expect(detailedClients).toMatch(/client_termname/);
  });

  it.each<[string, End, string]>([
    ['fails', said('lost server'), 'lost_server'],
    ['does not come', { kind: 'timeout' }, 'timeout'],
    ['does not parse', printed('x'), 'garbled'],
  ])('fails if the list of clients %s, rather than to count none', async (_, clients, word) => {
    const answers = new Answers({ 'list-panes': ATTACHED, 'list-clients': clients });

    expect(await queryServer(answers.ask, NEW)).toMatchObject({ kind: 'failure', said: word });
  });

  it.each([
    [`no server running on ${SOCKET}`, 'no_server', 'refused'],
    [`error connecting to ${SOCKET} (No such file or directory)`, 'no_socket', 'no_socket'],
    [`error connecting to ${SOCKET} (Permission denied)`, 'permission', 'permission'],
    [`error connecting to ${SOCKET} (File name too long)`, 'other', 'protocol'],
    ['access not allowed', 'permission', 'permission'],
    ['server exited unexpectedly', 'lost_server', 'version_mismatch'],
    ['lost server', 'lost_server', 'version_mismatch'],
    ['protocol version mismatch (client 8, server 7)', 'protocol_mismatch', 'version_mismatch'],
    ["can't find window: no server running on x", 'other', 'protocol'],
    ['unknown command: list-sessions', 'other', 'protocol'],
    ['', 'other', 'protocol'],
  ])('takes "%s" for %s, which fails for %s', async (stderr, word, reason) => {
    expect(await query(said(stderr))).toMatchObject({
      kind: 'failure',
      said: word,
      failure: { reason },
      connect: 'accepted',
    });
  });

  it.each<[string, End, string, string, string | RegExp]>([
    [
      'does not answer in time',
      { kind: 'timeout' },
      'timeout',
      'timeout',
      'it accepted the connection but did not answer in time (poll.timeout)',
    ],
    [
      'prints nothing at all',
      printed(''),
      'garbled',
      'parse',
      'its answer does not parse: expected pid, start time and version of the server, found none',
    ],
    [
      'prints an answer without markers',
      printed('main: 1 windows (created Thu Jan 1 1970)\n'),
      'garbled',
      'parse',
      /^its answer does not parse: expected a record first, found "main: 1 windows/,
    ],
    ['prints garbage', printed('\u0001\ufffd\u001b[2J'), 'garbled', 'parse', /^its answer does not parse/],
    ['prints without an end', { kind: 'overflow' }, 'garbled', 'parse', /too large for a tmux server/],
    [
      'speaks no protocol that we know',
      { kind: 'garbled', message: 'expected this, found that' },
      'garbled',
      'protocol',
      "it does not speak tmux's protocol: expected this, found that",
    ],
    [
      'speaks another version of the protocol',
      { kind: 'other_version', version: 7 },
      'protocol_mismatch',
      'version_mismatch',
      /^it speaks version 7 of tmux's protocol, but this exporter speaks version 8: set tmux\.client to auto/,
    ],
    ['closes the connection', { kind: 'cut' }, 'cut', 'protocol', /^it closed the connection without an answer/],
    ['shuts down', { kind: 'shutdown' }, 'cut', 'protocol', /^it closed the connection without an answer/],
    [
      'is asked by a client that is killed',
      { kind: 'killed', signal: 'SIGKILL' },
      'other',
      'protocol',
      'the tmux client was killed by SIGKILL',
    ],
    [
      'cannot be asked, since there is no tmux',
      { kind: 'not_started', message: 'install it' },
      'not_started',
      'spawn',
      'install it',
    ],
    [
      'prints half an answer and fails',
      { kind: 'exited', code: 1, stdout: 'half', stderr: '' },
      'other',
      'protocol',
      'tmux said "" and ended with 1',
    ],
  ])('fails if a server %s, with its reason', async (_, end, word, reason, message) => {
    const result = await query(end);

    expect(result).toMatchObject({ kind: 'failure', said: word, failure: { reason }, connect: 'accepted' });
    expect(result.kind === 'failure' && result.failure.message).toMatch(message);
  });

  it.each<[Extract<CommandEnd, { kind: 'not_connected' }>['connect'], string, string]>([
    ['refused', 'refused', `nothing listens on ${SOCKET}`],
    ['absent', 'no_socket', `there is no socket at ${SOCKET}`],
    ['not_a_socket', 'no_socket', `${SOCKET} is no socket`],
    ['denied', 'permission', 'run an exporter as the user that owns it'],
    ['busy', 'timeout', 'has stopped accepting connections'],
    ['failed', 'protocol', 'is a file descriptor left'],
  ])('asks no further if the connection is %s, which fails for %s', async (connect, reason, message) => {
    const answers = new Answers({ 'list-panes': { kind: 'not_connected', connect } });

    expect(await queryServer(answers.ask, KNOWN)).toEqual({
      kind: 'failure',
      failure: { reason, message: expect.stringContaining(message) },
      said: 'not_asked',
      connect,
    });
    expect(answers.names).toEqual(['list-panes']);
  });

  it('says how long a path may be, if it is too long', async () => {
    const answers = new Answers({ 'list-panes': { kind: 'not_connected', connect: 'failed' } });
    const socket = `/tmp/${'x'.repeat(103)}`;

    expect(await queryServer(answers.ask, { ...NEW, socket })).toMatchObject({
      failure: { reason: 'protocol', message: expect.stringContaining('at most 107 bytes') },
    });
  });

  it('quotes what tmux said, and no more of it than a person reads', async () => {
    const result = await query(said(`\u001b[31m${'x'.repeat(1_000)}`));

    if (result.kind !== 'failure') throw new Error('expected a failure');
    expect(result.failure.message).toMatch(/^tmux said "\\u001b\[31mx+" and ended with 1$/);
    expect(result.failure.message.length).toBeLessThan(250);
  });

  describe('of a server without sessions', () => {
    const NO_TARGET = said('no current target');

    it('finds zeros of the life that it names', async () => {
      const answers = new Answers({ 'list-panes': NO_TARGET, 'display-message': ['h 10 1000 3.5a'] });

      expect(await queryServer(answers.ask, KNOWN)).toMatchObject({
        kind: 'snapshot',
        snapshot: { incarnation: { pid: 10, startedAt: 1000 }, version: '3.5a', sessions: [], windows: [], panes: [] },
      });
      expect(answers.names).toEqual(['list-panes', 'display-message']);
    });

    function askOld(list: End) {
      return new Answers({ 'list-panes': NO_TARGET, 'display-message': NO_TARGET, 'list-sessions': list });
    }

    it('takes the empty list of an old version for zeros of the life that is known', async () => {
      const answers = askOld(printed(''));

      expect(await queryServer(answers.ask, KNOWN)).toEqual({
        kind: 'snapshot',
        said: 'answered',
        snapshot: {
          incarnation: INCARNATION,
          version: '2.9a',
          sessions: [],
          windows: [],
          panes: [],
          clients: { tty: 0, control: 0 },
          attachedClients: [],
        },
      });
      expect(answers.names).toEqual(['list-panes', 'display-message', 'list-sessions']);
    });

    it.each<[string, End, string]>([
      ['is not empty after all', printed('main: 1 windows\n'), 'protocol'],
      ['fails', said('lost server'), 'version_mismatch'],
      ['does not come', { kind: 'timeout' }, 'timeout'],
    ])('fails if the list of an old version %s', async (_, list, reason) => {
      expect(await queryServer(askOld(list).ask, KNOWN)).toMatchObject({ kind: 'failure', failure: { reason } });
    });

    it('fails if an old version was never seen with a session, since it cannot say its pid', async () => {
      const answers = askOld(printed(''));

      expect(await queryServer(answers.ask, NEW)).toMatchObject({ kind: 'failure', said: 'no_target' });
      expect(answers.names).toEqual(['list-panes', 'display-message']);
    });
  });

  it('asks with a new marker each time', async () => {
    const answers = new Answers({ 'list-panes': OBJECTS });

    await queryServer(answers.ask, NEW);
    await queryServer(answers.ask, NEW);

    const markers = answers.commands.map(markerOf);
    expect(markers).not.toContain('');
    expect(new Set(markers).size).toBe(2);
  });
});

describe('queryServer, of a server that was queried before', () => {
  it('gives the former snapshot again if nothing has changed', async () => {
    const answers = new Answers({ 'list-panes': OBJECTS });
    const last = await snapshotOf(answers.ask, NEW);

    expect(await snapshotOf(answers.ask, { ...NEW, last })).toBe(last);
  });

  it('gives a new one if something has changed, with what has not', async () => {
    const last = await snapshotOf(new Answers({ 'list-panes': OBJECTS }).ask, NEW);
    const changed = new Answers({ 'list-panes': OBJECTS.with(4, 'p %1 @1 0 7 vi') });

    const next = await snapshotOf(changed.ask, { ...NEW, last });

    expect(next.panes).toEqual([{ ...last.panes[0], command: 'vi' }]);
    expect(next.sessions).toBe(last.sessions);
    expect(await snapshotOf(changed.ask, { ...NEW, last: next })).toBe(next);
  });

  it('finds a change that a name hides with the former marker', async () => {
    const answers = new Answers({ 'list-panes': OBJECTS });
    const last = await snapshotOf(answers.ask, NEW);
    const former = markerOf(answers.commands[0] ?? []);
    const name = `sh${former}p %1 @1 0 7 sh`;
    const hidden = new Answers({ 'list-panes': [...OBJECTS.slice(0, 3), `w @1 $1 0 0 0 ${name}`] });

    expect(await snapshotOf(hidden.ask, { ...NEW, last })).toMatchObject({
      windows: [{ name: `${name}\n` }],
      panes: [],
    });
  });
});

async function snapshotOf(ask: Ask, target: QueryTarget): Promise<Snapshot> {
  const result = await queryServer(ask, target);
  if (result.kind === 'failure') throw new Error(result.failure.message);
  return result.snapshot;
}
