import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientExit } from '../../src/tmux/client.ts';
import { createTmuxClient } from '../../src/tmux/client.ts';
import { type QueryTarget, queryServer } from '../../src/tmux/server-query.ts';
import { diesOf, type FakeAnswer, FakeTmux, FLOODS, HANGS, prints, printsRecords, says } from '../support/fake-tmux.ts';
import { INCARNATION } from '../support/sample.ts';

const SOCKET = '/tmp/tmux-1000/work';
const NEW: QueryTarget = { socket: SOCKET, identity: null, known: null };
const KNOWN: QueryTarget = { ...NEW, known: { incarnation: INCARNATION, version: '2.9a' } };
const PATH = process.env['PATH'] ?? '/usr/bin:/bin';

describe('queryServer', () => {
  let fake: FakeTmux;

  afterEach(() => fake.cleanup());

  async function ask(answer: FakeAnswer, target = NEW, listAnswer?: FakeAnswer) {
    fake = await FakeTmux.create(answer);
    if (listAnswer !== undefined) await fake.answers(listAnswer, 'list-sessions');
    // Only what never answers is to run into its timeout, however busy the machine.
    const timeoutMs = [answer, listAnswer].includes(HANGS) ? 250 : 20_000;
    const client = createTmuxClient({ binary: fake.binary, timeoutMs, environment: { PATH } });
    return queryServer(client, target);
  }

  it('gives the snapshot that a server prints', async () => {
    const result = await ask(
      printsRecords('h 10 1000 3.5a', 's $1 1 2 3 0 work', 'w @1 $1 0 0 0 sh', 'p %1 @1 0 7 sh'),
    );

    expect(result).toMatchObject({
      kind: 'snapshot',
      said: 'answered',
      snapshot: { incarnation: { pid: 10, startedAt: 1000 }, version: '3.5a', sessions: [{ id: '$1', name: 'work' }] },
    });
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
  ])('tells "%s" as %s, which fails for %s', async (stderr, said, reason) => {
    expect(await ask(says(stderr))).toMatchObject({ kind: 'failure', said, failure: { reason } });
  });

  it.each<[string, FakeAnswer, string, string, string | RegExp]>([
    [
      'does not answer in time',
      HANGS,
      'timeout',
      'timeout',
      'it accepted the connection and did not answer in time (poll.timeout)',
    ],
    [
      'prints nothing at all',
      prints(''),
      'garbled',
      'parse',
      'its answer does not parse: expected pid, start time and version of the server, found none',
    ],
    [
      'prints an answer without markers',
      prints('main: 1 windows (created Thu Jan 1 1970)\n'),
      'garbled',
      'parse',
      /^its answer does not parse: expected a record first, found "main: 1 windows/,
    ],
    ['prints garbage', prints('\u0001\ufffd\u001b[2J'), 'garbled', 'parse', /^its answer does not parse/],
    ['prints without an end', FLOODS, 'garbled', 'parse', /larger than any tmux server/],
    ['is killed', diesOf('SIGKILL'), 'other', 'protocol', 'the tmux client was killed by SIGKILL'],
    ['prints half an answer and ends with 1', prints('half', 1), 'other', 'protocol', 'tmux said "" and ended with 1'],
  ])('fails where tmux %s, with its reason', async (_, answer, said, reason, message) => {
    const result = await ask(answer);

    expect(result).toMatchObject({ kind: 'failure', said, failure: { reason } });
    expect(result.kind === 'failure' && result.failure.message).toMatch(message);
  });

  it('quotes what tmux said, and no more of it than a person reads', async () => {
    const result = await ask(says(`\u001b[31m${'x'.repeat(1_000)}`));

    if (result.kind !== 'failure') throw new Error('expected a failure');
    expect(result.failure.message).toMatch(/^tmux said "\\u001b\[31mx+" and ended with 1$/);
    expect(result.failure.message.length).toBeLessThan(250);
  });

  it('fails where there is no tmux, which is no fault of the server', async () => {
    fake = await FakeTmux.create(prints(''));
    const client = createTmuxClient({ binary: '/nonexistent/tmux', timeoutMs: 250, environment: { PATH } });

    expect(await queryServer(client, KNOWN)).toMatchObject({ said: 'not_started', failure: { reason: 'spawn' } });
  });

  describe('of a server without sessions', () => {
    it('finds zeros where all that fails is what needs a session', async () => {
      const header = `printf '%s%s\\n' "$marker" 'h 10 1000 3.5a'`;

      expect(await ask(`${header}; ${says('no current target')}`)).toMatchObject({
        kind: 'snapshot',
        snapshot: { incarnation: { pid: 10, startedAt: 1000 }, sessions: [], windows: [], panes: [] },
      });
    });

    it('takes the empty list of an old version for zeros of the life that is known', async () => {
      const result = await ask(says('no current target'), KNOWN, prints(''));

      expect(result).toEqual({
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
      expect(await fake.commands()).toEqual(['display-message', 'list-sessions']);
    });

    it.each<[string, FakeAnswer, string]>([
      ['is not empty after all', prints('main: 1 windows\n'), 'protocol'],
      ['fails', says('lost server'), 'protocol'],
      ['hangs', HANGS, 'timeout'],
    ])('fails where the list of an old version %s', async (_, listAnswer, reason) => {
      expect(await ask(says('no current target'), KNOWN, listAnswer)).toMatchObject({ failure: { reason } });
    });

    it('fails where an old version was never seen with a session, since it cannot tell its pid', async () => {
      expect(await ask(says('no current target'))).toMatchObject({ kind: 'failure', failure: { reason: 'parse' } });
    });
  });

  it('asks with a new marker each time', async () => {
    const commands: string[] = [];
    fake = await FakeTmux.create(prints(''));
    const client = async (_: string, command: readonly string[]): Promise<ClientExit> => {
      commands.push(command.join(' '));
      return { kind: 'timeout' };
    };

    await queryServer(client, NEW);
    await queryServer(client, NEW);

    expect(new Set(commands).size).toBe(2);
  });
});
