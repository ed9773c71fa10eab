import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createProtocolClient } from '../../../src/tmux/protocol/client.ts';
import { openConnection } from '../../../src/tmux/protocol/connection.ts';
import { openingBytes } from '../../../src/tmux/protocol/message.ts';
import { clientsCommand, objectsCommand, SESSIONS_COMMAND, serverCommand } from '../../../src/tmux/query/query.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { seededRandom } from '../../support/sample/random.ts';
import { runs, SEED } from '../../support/sample/seed.ts';
import { layoutOf } from '../../support/tmux/tmux-layout.ts';
import { literal, TmuxServer } from '../../support/tmux/tmux-server.ts';
import { tmuxBinaries } from './support/tmux-binaries.ts';
import { type Printed, printedBy } from './support/tmux-client.ts';

const run = createProtocolClient({ pid: process.pid, timeoutMs: 20_000 });

const MARKER = 'tx0123456789';
const EVERYTHING = { windows: true, panes: true, clients: true };

/** The commands of the daemon, and some others. */
const QUESTIONS: readonly (readonly string[])[] = [
  objectsCommand(MARKER),
  objectsCommand(MARKER, EVERYTHING),
  clientsCommand(MARKER, EVERYTHING),
  serverCommand(MARKER),
  SESSIONS_COMMAND,
  ['list-windows', '-a'],
  ['list-panes', '-a', '-F', '#{pane_id} #{window_name}\t#{session_name}#{pane_title} #{q:window_name}'],
  ['display-message', '-p', '#{W:#{window_name}|}', ';', 'list-windows', '-F', '#{window_id}', ';', 'list-sessions'],
  ['show-options', '-g'],
  ['capture-pane', '-p', '-e', '-t', '%0'],
];

/** A flag that does not exist is not among them: up to tmux 3.2 the client itself says so, before it asks. */
const MISTAKES: readonly (readonly string[])[] = [
  ['nonsense'],
  ['nonsense "\t ü 😀 #{pid}'],
  ['has-session', '-t', '=nobody'],
  ['has-session', '-t', '$99'],
  ['list-panes', '-t', '%99'],
  ['kill-session', '-t', ' ü "\\'],
  ['display-message', '-p', 'one', 'two', 'three'],
  ['set-option', '-g', 'nonsense', '1'],
  ['show-options', '-g', 'nonsense'],
  ['detach-client'],
  ['wait-for'],
  ['display-message', '-p', 'one', ';', 'nonsense'],
  ['display-message', '-p', 'one', ';', 'has-session', '-t', '=nobody', ';', 'display-message', '-p', 'two'],
  ['list'],
  [''],
];

const HOSTILE_NAMES = ['a b', '#(id)#{pid}', 'q"\'\\', '😀 日本 ü', `${MARKER}h 1`, '--', ' ', 'e\u0301\u202e'];

let server: TmuxServer | null = null;

afterEach(async () => {
  await server?.cleanup();
  server = null;
});

describe.each(tmuxBinaries)('A client of $version', ({ version, binary }) => {
  async function start(command?: string): Promise<TmuxServer> {
    server = await TmuxServer.start({ binary, ...(command !== undefined && { command }) });
    return server;
  }

  /** Our client has the same result as tmux's. A pane whose process is starting may change its name in between, so there are some tries. */
  async function expectSame({ socket }: TmuxServer, command: readonly string[]): Promise<Printed> {
    for (let triesLeft = 20; ; triesLeft--) {
      const ours = await run(socket, command);
      const theirs = await printedBy(binary, socket, command);
      const { code, stdout, stderr } = theirs;
      const expected = { kind: 'exited', code, stdout: stdout.toString(), stderr: stderr.toString() };
      if (triesLeft > 0 && !isDeepStrictEqual(ours, expected)) continue;
      expect([command, ours]).toEqual([command, expected]);
      // No byte was lost on the way to text.
      expect(Buffer.from(expected.stdout).equals(stdout) && Buffer.from(expected.stderr).equals(stderr)).toBe(true);
      return theirs;
    }
  }

  it.each(Array.from({ length: 30 }, (_, at) => SEED + at))(
    'prints what tmux prints, layout %i',
    async (seed) => {
      const asked = await start();
      const { commands } = layoutOf(seed);
      for (const command of commands) await build(asked.socket, command);
      for (const command of QUESTIONS) await expectSame(asked, command);
    },
    runs(120_000),
  );

  it('prints what tmux prints of mistakes, with its exit code', async () => {
    const asked = await start();
    let failed = 0;
    for (const command of MISTAKES) {
      const { code } = await expectSame(asked, command);
      if (code !== 0) failed++;
    }
    expect(failed).toBeGreaterThan(10);
  });

  it('prints what tmux prints if there is no session, and so no current target', async () => {
    const asked = await start();
    await asked.run('set-option', '-s', 'exit-empty', 'off', ';', 'kill-session', '-t', '=main');
    for (const command of [
      ['list-panes'],
      ['split-window', '-d'],
      ['list-sessions'],
      ['display-message', '-p', '#S'],
    ]) {
      await expectSame(asked, command);
    }
    const { code, stderr } = await expectSame(asked, ['kill-pane']);
    expect({ code, stderr: stderr.toString() }).toEqual({ code: 1, stderr: expect.stringMatching(/^no current/) });
  });

  it('prints what tmux prints of hostile names', async () => {
    const asked = await start();
    for (const name of HOSTILE_NAMES) {
      await asked.run('new-window', '-d', '-n', literal(name), 'exec cat');
      await asked.run('new-session', '-d', '-s', literal(`s${name}`), 'exec cat');
    }
    for (const command of QUESTIONS) await expectSame(asked, command);
    for (const name of HOSTILE_NAMES) await expectSame(asked, ['list-windows', '-t', `=s${name}`]);
  });

  it('prints long outputs whole, in order, on both streams', async () => {
    const asked = await start();
    const text = Array.from({ length: 1_000 }, (_, at) => `${at} ü`).join(' ');
    await asked.run('set-option', '-g', '@long', text);
    const show = ['display-message', '-p', '#{@long}', ';', 'list-keys', ';', 'show-options', '-g', ';'];
    const { stdout } = await expectSame(asked, [...show, ...show, ...show, ...show, 'has-session', '-t', '=nobody']);
    expect(stdout.length).toBeGreaterThan(80_000);
    await expectSame(asked, ['list-panes', '-F', '#{@long}'.repeat(20)]);
  });

  it('is no help to commands that read or write by way of their client', async () => {
    const asked = await start();
    const file = join(dirname(asked.socket), 'file');
    await asked.run('set-buffer', 'text');
    const saved = await run(asked.socket, ['save-buffer', file]);
    // Up to 3.0 the server writes it by itself.
    const isServersWork = /^tmux (2\.|3\.0)/.test(version);
    expect(saved).toMatchObject({ kind: 'exited', code: isServersWork ? 0 : 1 });
    expect(existsSync(file)).toBe(isServersWork);
    const attached = await run(asked.socket, ['attach-session']);
    expect(attached).toMatchObject({ kind: 'exited', code: 1, stdout: '' });
    expect(await asked.run('list-clients')).toBe('');
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;

  itOnLinux(
    'leaves no descriptor and no client in the server after 1,000 commands and 200 cut connections',
    async () => {
      const asked = await start();
      const { socket, pid } = asked;
      const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
      await run(socket, SESSIONS_COMMAND);
      const before = descriptors();
      for (let number = 0; number < 1_000; number += 10) {
        const ends = await Promise.all(Array.from({ length: 10 }, (_, at) => run(socket, questionOf(number + at))));
        expect(ends.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => 'exited'));
      }
      const random = seededRandom(SEED);
      for (let number = 0; number < 200; number++) await (number % 2 ? cutOpening : cutWait)(socket, random());
      await eventually('no more descriptors than before', () => descriptors() <= before);
      expect(await asked.run('list-clients')).toBe('');
      expect(await run(socket, ['list-clients'])).toEqual({ kind: 'exited', code: 0, stdout: '', stderr: '' });
    },
    120_000,
  );

  function questionOf(number: number): readonly string[] {
    return QUESTIONS[number % QUESTIONS.length] ?? SESSIONS_COMMAND;
  }
});

/** Runs a command of a layout. From 3.7 on tmux refuses names with control characters. */
async function build(socket: string, command: readonly string[]): Promise<void> {
  const done = { kind: 'exited', code: 0 };
  const end = await run(socket, command);
  const isRefused = end.kind === 'exited' && end.stderr.startsWith('invalid window name');
  if (!isRefused) expect(end).toMatchObject(done);
  else
    expect(
      await run(
        socket,
        command.map((word) => word.replace(/[\t\n]/g, ' ')),
      ),
    ).toMatchObject(done);
}

/** Sends a part of what opens a connection, and leaves. */
function cutOpening(path: string, share: number): Promise<void> {
  const opening = openingBytes(['list-keys'], process.pid);
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.write(opening.subarray(0, Math.ceil(share * opening.length)), () => socket.destroy());
  });
}

/** Waits as a watch does, and leaves without a word once the server has answered something. */
function cutWait(path: string, share: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const close = openConnection({
      path,
      command: ['display-message', '-p', 'here', ';', 'wait-for', `nobody-${share}`],
      pid: process.pid,
      maxBytes: 100_000,
      onOutput: () => {
        close();
        resolve();
      },
      onEnd: ({ kind }) => reject(new Error(`expected to wait, found ${kind}`)),
    });
  });
}
