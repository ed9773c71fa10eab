import { once } from 'node:events';
import { chmod, chown } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AskingOptions, createAsking } from '../../src/tmux/asking.ts';
import { holdSocket } from '../../src/tmux/protocol/held-socket.ts';
import type { Ask } from '../../src/tmux/query/server-query.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { FakeProtocolServer, versionFrame } from '../support/tmux/fake-protocol-server.ts';
import { FakeTmux, prints } from '../support/tmux/fake-tmux.ts';
import { makeStaleSocket } from '../support/tmux/stale-socket.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

const UID = process.getuid?.() ?? 0;
const NOBODY = 65_534;
const COMMAND = ['list-sessions'];
const itAsRoot = UID === 0 ? it : it.skip;

describe('createAsking', () => {
  let folder = '';
  let socket = '';
  let server: FakeProtocolServer;
  let binary: FakeTmux;
  const cleanups: (() => unknown)[] = [];

  /** A server that speaks another version of the protocol, and a tmux that says that it is the binary. */
  beforeEach(async () => {
    folder = await makePrivateFolder();
    socket = join(folder, 'x');
    server = await FakeProtocolServer.listen(socket, (connection) => connection.write(versionFrame(7)));
    binary = await FakeTmux.create(prints('by the binary'));
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await binary.cleanup();
    await server.close();
    await removeFolder(folder);
  });

  async function executable(answer = prints('by its executable')): Promise<FakeTmux> {
    const fake = await FakeTmux.create(answer);
    cleanups.push(() => fake.cleanup());
    return fake;
  }

  function askerOf(options: Partial<AskingOptions> = {}, path = socket, signal?: AbortSignal): Ask {
    const held = holdSocket(path, UID);
    if (held.kind !== 'held') throw new Error(`expected to hold ${path}, found ${held.kind}`);
    cleanups.push(held.release);
    const asking = createAsking({
      client: 'auto',
      binary: binary.binary,
      variables: { PATH: process.env['PATH'] },
      ownUid: UID,
      pid: process.pid,
      timeoutMs: 5_000,
      executableOf: () => null,
      ...options,
    });
    return asking(path, held, signal);
  }

  it('asks by our own client, and runs nothing', async () => {
    const real = await TmuxServer.start();
    cleanups.push(() => real.cleanup());
    const executableOf = () => {
      throw new Error('asked for an executable');
    };

    const end = await askerOf({ executableOf }, real.socket)(['list-sessions', '-F', '#{session_name}']);

    expect(end).toEqual({ kind: 'exited', code: 0, stdout: 'main\n', stderr: '' });
    expect(await binary.commands()).toEqual([]);
  });

  it('runs the executable of a server that speaks another version, and does not speak to it again', async () => {
    const own = await executable();
    const ask = askerOf({ executableOf: (path, uid) => (path === socket && uid === UID ? own.binary : null) });

    expect(await ask(COMMAND)).toMatchObject({ kind: 'exited', code: 0, stdout: 'by its executable' });
    expect(await ask(['list-clients'])).toMatchObject({ stdout: 'by its executable' });
    expect([server.asked, await own.commands(), await binary.commands()]).toEqual([
      1,
      ['list-sessions', 'list-clients'],
      [],
    ]);
  });

  it.each([
    ['own client', 'protocol'],
    ['binary', 'binary'],
  ] as const)('is aborted by a signal, with the connection of its %s', async (_, client) => {
    const silent = join(folder, 'silent');
    const asked = Promise.withResolvers<Socket>();
    const hung = await FakeProtocolServer.listen(silent, asked.resolve);
    cleanups.push(() => hung.close());
    const abortion = new AbortController();
    const ask = askerOf({ client, binary: 'tmux' }, silent, abortion.signal);
    const end = ask(COMMAND).catch((error: unknown) => error);
    const connection = await asked.promise;
    const closed = once(connection, 'close');
    abortion.abort();

    expect(await end).toBe(abortion.signal.reason);
    await closed;
    await expect(ask(COMMAND)).rejects.toBe(abortion.signal.reason);
    expect(hung.asked).toBe(1);
  });

  it('takes what the executable says for the answer, also a complaint', async () => {
    const own = await executable(prints('no', 1));

    expect(await askerOf({ executableOf: () => own.binary })(COMMAND)).toMatchObject({ code: 1, stdout: 'no' });
    expect(await binary.commands()).toEqual([]);
  });

  it.each([
    ['is not known', null],
    ['cannot be started', '/nonexistent/exe'],
  ])('runs the binary if the executable of the server %s', async (_, found) => {
    expect(await askerOf({ executableOf: () => found })(COMMAND)).toMatchObject({ stdout: 'by the binary' });
  });

  it('reports the socket of a server that the binary asks, and of no other', async () => {
    const real = await TmuxServer.start();
    cleanups.push(() => real.cleanup());
    const asked: string[] = [];
    const onBinary = (path: string) => void asked.push(path);
    await askerOf({ onBinary }, real.socket)(COMMAND);
    expect(asked).toEqual([]);
    await askerOf({ onBinary })(COMMAND);
    expect(asked).toEqual([socket]);
  });

  it('runs nothing if it is to speak the protocol only', async () => {
    const own = await executable();
    const ask = askerOf({ client: 'protocol', executableOf: () => own.binary });

    expect(await ask(COMMAND)).toEqual({ kind: 'other_version', version: 7 });
    expect([await own.commands(), await binary.commands()]).toEqual([[], []]);
  });

  it('speaks to no server if it is to run the binary', async () => {
    expect(await askerOf({ client: 'binary' })(COMMAND)).toMatchObject({ stdout: 'by the binary' });
    expect(server.asked).toBe(0);
  });

  it('runs nothing on a socket that another user could replace', async () => {
    await chmod(folder, 0o777);

    expect(await askerOf()(COMMAND)).toMatchObject({ kind: 'not_started', message: expect.stringContaining(folder) });
    expect(await binary.commands()).toEqual([]);
  });

  it('runs nothing on a socket on which nobody listens', async () => {
    const stale = join(folder, 'stale');
    await makeStaleSocket(stale);

    expect(await askerOf({ client: 'binary' }, stale)(COMMAND)).toEqual({ kind: 'not_connected', connect: 'refused' });
    expect(await binary.commands()).toEqual([]);
  });

  it('gives the client what it needs of our environment, and nothing that misleads it', async () => {
    const needed = { HOME: '/home/anna', LD_LIBRARY_PATH: '/opt/lib', TERMINFO: '/opt/terminfo' };
    const misleading = { TMUX: '/tmp/x,1,0', TMUX_PANE: '%1', TMUX_TMPDIR: '/x', NODE_OPTIONS: '--no-warnings' };
    await binary.answers('env');

    const end = await askerOf({ variables: { PATH: process.env['PATH'], ...needed, ...misleading } })(COMMAND);

    const lines = end.kind === 'exited' ? end.stdout.split('\n') : [];
    for (const [name, value] of Object.entries(needed)) expect(lines).toContain(`${name}=${value}`);
    expect(lines.filter((line) => /^(TMUX|NODE_)/.test(line))).toEqual([]);
  });

  itAsRoot("runs a client on another user's socket as that user, with nothing of ours but PATH", async () => {
    await chown(socket, NOBODY, NOBODY);
    await Promise.all([chmod(dirname(binary.binary), 0o777), chmod(binary.binary, 0o755)]);
    await binary.answers('id -u; env');

    const end = await askerOf({ variables: { PATH: process.env['PATH'], HOME: '/root', LD_LIBRARY_PATH: '/x' } })(
      COMMAND,
    );

    const [uid, ...lines] = end.kind === 'exited' ? end.stdout.split('\n') : [];
    expect(uid).toBe(String(NOBODY));
    expect(lines).toContain(`PATH=${process.env['PATH']}`);
    expect(lines.filter((line) => /^(HOME|LD_LIBRARY_PATH)=/.test(line))).toEqual([]);
  });

  it('reports every command that was run with its end, and none that reached nobody', async () => {
    const reported: unknown[] = [];
    const onCommand: AskingOptions['onCommand'] = (command, { kind }) => void reported.push([command, kind]);
    const stale = join(folder, 'stale');
    await makeStaleSocket(stale);

    await askerOf({ onCommand })(COMMAND);
    await askerOf({ onCommand, client: 'protocol' })(['list-panes', '-a']);
    for (const client of ['auto', 'protocol', 'binary'] as const) await askerOf({ onCommand, client }, stale)(COMMAND);

    expect(reported).toEqual([
      ['list-sessions', 'exited'],
      ['list-panes', 'other_version'],
    ]);
  });
});
