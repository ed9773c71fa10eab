import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EvidenceBench, outcomeOf } from '../support/tmux/evidence-bench.ts';
import { DRIPS, diesOf, type FakeAnswer, FakeTmux, HANGS, prints, says } from '../support/tmux/fake-tmux.ts';

/** Errors that a tmux client can print, and the reasons for which a poll then fails. */
const ANSWERS: readonly (readonly [string, FakeAnswer, string])[] = [
  ['no server running', says('no server running on <socket>'), 'refused'],
  ['no such file', says('error connecting to <socket> (No such file or directory)'), 'no_socket'],
  ['connection refused', says('error connecting to <socket> (Connection refused)'), 'refused'],
  ['permission denied', says('error connecting to <socket> (Permission denied)'), 'permission'],
  ['access not allowed', says('access not allowed'), 'permission'],
  ['file name too long', says('error connecting to <socket> (File name too long)'), 'protocol'],
  ['server exited unexpectedly', says('server exited unexpectedly'), 'version_mismatch'],
  ['lost server', says('lost server'), 'version_mismatch'],
  ['a protocol mismatch', says('protocol version mismatch (client 8, server 7)'), 'version_mismatch'],
  ['an embedded text', says("can't find window: no server running on <socket>"), 'protocol'],
  ['nothing, and hangs', HANGS, 'timeout'],
  ['a byte now and then', DRIPS, 'timeout'],
  ['an answer without markers', prints('main: 1 windows\n'), 'parse'],
  ['garbage', prints('\u0001\u001b[2Jx'), 'parse'],
  ['nothing, and ends well', prints(''), 'parse'],
  ['nothing, and is killed', diesOf('SIGKILL'), 'protocol'],
];

describe('a poll whose tmux client prints strange things about a living server', () => {
  let bench: EvidenceBench;

  beforeEach(() => {
    bench = new EvidenceBench();
  });

  afterEach(() => bench.cleanup());

  async function binaryOf(answer: FakeAnswer): Promise<string> {
    const fake = await FakeTmux.create(answer);
    bench.onCleanup(() => fake.cleanup());
    return fake.binary;
  }

  async function pollKnownServer(answer: FakeAnswer) {
    const { server, record } = await bench.pollNewServer();
    const binary = await binaryOf(answer.replaceAll('<socket>', server.socket));
    // Only what never answers is to run into its timeout, however busy the machine.
    return bench.poll(record, { binary, timeoutMs: answer === HANGS || answer === DRIPS ? 150 : 20_000 });
  }

  it.each(ANSWERS)('never sees a death in it: %s', async (_, answer, reason) => {
    const { verdict, observation } = await pollKnownServer(answer);

    expect(outcomeOf(observation)).toBe(reason);
    expect(verdict.kind).not.toMatch(/gone|replaced|displaced/);
    expect(observation.evidence).toMatchObject({ connect: 'accepted', process: 'alive', listening: true });
  });

  it.each([
    ['server exited unexpectedly', 'version_mismatch'],
    ['lost server', 'version_mismatch'],
    ['protocol version mismatch (client 8, server 7)', 'version_mismatch'],
    ['access not allowed', 'permission'],
  ])('sees in "%s" that it is unreachable: %s', async (line, cause) => {
    expect((await pollKnownServer(says(line))).verdict).toEqual({ kind: 'unreachable', cause });
  });

  it('asks again before it believes that the versions differ', async () => {
    await pollKnownServer(says('server exited unexpectedly'));

    expect([bench.commands, bench.pauses]).toEqual([['list-panes', 'list-panes'], [50]]);
  });

  it('asks a server that never answered again, too', async () => {
    const server = await bench.startServer();

    const { verdict } = await bench.pollSocket(server.socket, { binary: await binaryOf(says('lost server')) });

    expect(verdict).toEqual({ kind: 'unreachable', cause: 'version_mismatch' });
    expect([bench.commands, bench.pauses]).toEqual([['list-panes', 'list-panes'], [50]]);
  });

  it('asks one that is known to be of another version once', async () => {
    const { record } = await pollKnownServer(says('lost server'));
    bench.commands.length = 0;

    const { verdict } = await bench.poll(record, { binary: await binaryOf(says('lost server')) });

    expect(verdict).toEqual({ kind: 'unreachable', cause: 'version_mismatch' });
    expect(bench.commands).toEqual(['list-panes']);
  });

  it('sees no fault of the server in a tmux that is not there', async () => {
    const { record } = await bench.pollNewServer();

    const { verdict, observation } = await bench.poll(record, { binary: '/nonexistent/tmux' });

    expect(verdict).toEqual({ kind: 'failed' });
    expect(outcomeOf(observation)).toBe('spawn');
  });
});
