import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Snapshot } from '../../../src/core/model/snapshot.ts';
import { createProtocolClient } from '../../../src/tmux/protocol/client.ts';
import { NO_DETAILS, newMarker } from '../../../src/tmux/query/query.ts';
import { queryServer } from '../../../src/tmux/query/server-query.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { literal, TmuxServer } from '../../support/tmux/tmux-server.ts';

const run = createProtocolClient({ pid: process.pid, timeoutMs: 5_000 });

async function query({ socket }: TmuxServer, details = NO_DETAILS): Promise<Snapshot> {
  const result = await queryServer((command) => run(socket, command), { socket, known: null, details });
  if (result.kind === 'failure') throw new Error(result.failure.message);
  return result.snapshot;
}

/** Names that some separator, shell, format or terminal would trip over. */
const HOSTILE_NAMES: readonly (readonly [string, string])[] = [
  ['a space', 'a b'],
  ['spaces around', ' a '],
  ['a pipe', 'a|b'],
  ['a comma', 'a,b'],
  ['quotes', `a"b'c`],
  ['a backslash', 'a\\b\\n'],
  ['an emoji', '😀 日本 ü'],
  ['a format', '#{pid}#S'],
  ['a shell command', '#(touch /tmp/x)$(id)`id`'],
  ['a semicolon', 'a;b \\; c'],
  ['200 characters', 'ü'.repeat(200)],
  ['a record of ours', 'tx0123456789abcdef01234567h 1 2 3'],
  ['no more than a dash', '-'],
];

/** Further characters that window names can contain. */
const HOSTILE_WINDOW_NAMES: readonly (readonly [string, string])[] = [
  ['a tab', 'a\tb'],
  ['a newline', 'a\nb'],
  ['a newline at the end', 'a\n'],
  ['a unit separator', 'a\u001fb'],
  ['a colon and a dot', 'a:b.c'],
];

describe('a query of a real server', () => {
  let server: TmuxServer;

  beforeEach(async () => {
    server = await TmuxServer.start();
  });

  afterEach(() => server.cleanup());

  it('gives its life, its session, its window and its pane', async () => {
    const [pid, startedAt, created] = await server
      .run('display-message', '-p', '#{pid} #{start_time} #{session_created}')
      .then(fields);
    const [panePid, version] = await server.run('display-message', '-p', '#{pane_pid} #{version}').then(fields);

    expect(await query(server)).toEqual({
      incarnation: { pid: Number(pid), startedAt: Number(startedAt) },
      version,
      sessions: [
        {
          id: '$0',
          name: 'main',
          group: null,
          createdAt: Number(created),
          activityAt: expect.any(Number),
          lastAttachedAt: null,
          attachedClients: 0,
        },
      ],
      windows: [
        {
          id: '@0',
          sessionIds: ['$0'],
          links: [{ sessionId: '$0', index: null, bell: false, activity: false, silence: false }],
          name: expect.any(String),
          detail: null,
        },
      ],
      panes: [
        { id: '%0', windowId: '@0', pid: Number(panePid), dead: false, command: expect.any(String), detail: null },
      ],
      clients: { tty: 0, control: 0 },
      attachedClients: [],
    });
  });

  it.each(HOSTILE_NAMES)('gives the name of a session exactly: %s', async (_, name) => {
    const id = await server.addSession(name);
    const told = await server.run('display-message', '-p', '-t', id, '#{session_name}');

    const { sessions } = await query(server);

    expect(told).not.toBe('');
    expect(sessions.find((session) => session.id === id)?.name).toBe(told);
  });

  it.each([...HOSTILE_NAMES, ...HOSTILE_WINDOW_NAMES])('gives the name of a window exactly: %s', async (_, name) => {
    await server.run('rename-window', '-t', '@0', '--', literal(name));
    const told = await server.run('display-message', '-p', '-t', '@0', '#{window_name}');

    const { windows, panes } = await query(server);

    expect(told).not.toBe('');
    expect(windows.map((window) => window.name)).toEqual([told]);
    expect(panes).toHaveLength(1);
  });

  it('runs no command from a name', async () => {
    const file = `${server.socket}-touched`;
    await server.run('rename-window', '-t', '@0', literal(`#(touch ${file})`));
    await server.addSession(`#(touch ${file})`);

    await query(server);
    await query(server);

    // A command in a format is started in the background: a second one that is run after it ends after it.
    await server.run('run-shell', `test ! -e ${file}`);
  });

  it('lists a linked window once, with the sessions it is in', async () => {
    await server.addSession('other');
    await server.run('link-window', '-s', '@0', '-t', 'other:7');

    const { windows, panes } = await query(server);

    expect(windows.map(({ id, sessionIds }) => [id, sessionIds])).toEqual([
      ['@0', ['$0', '$1']],
      ['@1', ['$1']],
    ]);
    expect(panes.map(({ id }) => id)).toEqual(['%0', '%1']);
  });

  it('lists a window that is linked twice into one session once', async () => {
    await server.run('link-window', '-s', '@0', '-t', 'main:7');

    const { windows, panes } = await query(server);

    expect(windows.map(({ id, sessionIds }) => [id, sessionIds])).toEqual([['@0', ['$0']]]);
    expect(panes).toHaveLength(1);
  });

  it('knows the group of the sessions that share their windows', async () => {
    await server.run('new-session', '-d', '-t', 'main', '-s', 'twin');

    const { sessions, windows } = await query(server);

    expect(sessions.map(({ name, group }) => [name, group])).toEqual([
      ['main', 'main'],
      ['twin', 'main'],
    ]);
    expect(windows.map(({ sessionIds }) => sessionIds)).toEqual([['$0', '$1']]);
  });

  it('finds zeros in a live server without sessions', async () => {
    await server.run('set-option', '-s', 'exit-empty', 'off');
    await server.run('kill-session', '-t', 'main');

    expect(await query(server)).toMatchObject({
      incarnation: { pid: server.pid },
      sessions: [],
      windows: [],
      panes: [],
      clients: { tty: 0, control: 0 },
    });
  });

  it('reads that the process of a pane has ended', async () => {
    await server.run('set-option', '-g', 'remain-on-exit', 'on');
    await server.run('split-window', '-d', '-t', 'main', 'exit 3');
    await eventually('the pane to be dead', async () => {
      return (await server.run('list-panes', '-F', '#{pane_dead}')).includes('1');
    });

    expect((await query(server)).panes.map(({ dead }) => dead)).toEqual([false, true]);
  });

  it('reads a pane that never had a process', async () => {
    await server.run('split-window', '-d', '-t', 'main', '');

    expect((await query(server)).panes).toMatchObject([{ id: '%0' }, { id: '%1', pid: expect.any(Number) }]);
  });

  it('reads that a bell rang in a window', async () => {
    await server.run('new-window', '-d', '-t', 'main', "printf '\\a'; exec cat");
    await eventually('the bell', async () => {
      return (await server.run('list-windows', '-F', '#{window_bell_flag}')).includes('1');
    });

    expect((await query(server)).windows.map(({ links }) => links.map(({ bell }) => bell))).toEqual([[false], [true]]);
  });

  it('reads the details of windows, panes and clients if asked for them', async () => {
    const hostile = 'a b  "c" \\ #{pid} 😀';
    await server.run('set-option', '-g', 'remain-on-exit', 'on');
    await server.run('split-window', '-d', '-t', 'main', 'exit 3');
    await server.run('select-pane', '-t', '%0', '-T', literal(hostile));
    await server.run('copy-mode', '-t', '%0');
    await server.attachControl('main');
    await eventually('the exit status of the dead pane', async () => {
      // tmux 3.3a now and then leaves the child a zombie, and so its status unknown, until the next one ends.
      server.kill('SIGCHLD');
      return (await server.run('list-panes', '-F', '#{pane_dead_status}')).includes('3');
    });
    const title = await server.run('display-message', '-p', '-t', '%0', '#{pane_title}');

    const { windows, panes, attachedClients } = await query(server, { windows: true, panes: true, clients: true });

    expect(title).toContain('😀');
    expect(windows).toMatchObject([
      { links: [{ index: 0 }], detail: { activityAt: expect.any(Number), activeClients: 1 } },
    ]);
    expect(panes).toMatchObject([
      { dead: false, detail: { inMode: true, exitStatus: null, historyLines: 0, historyLimitLines: 2000, title } },
      { dead: true, detail: { inMode: false, exitStatus: 3, exitSignal: null } },
    ]);
    expect(panes[0]?.detail?.path).toMatch(/^\//);
    expect(attachedClients).toMatchObject([
      { name: expect.stringMatching(/^client-\d+$/), kind: 'control', sessionId: '$0', term: 'xterm-256color' },
    ]);
  });

  it('counts clients by their kind, and not itself', async () => {
    await server.attachControl('main');
    await server.attachControl('main');
    const outer = await TmuxServer.start({ command: `env -u TMUX tmux -u -S ${server.socket} attach -t main` });
    await eventually('three clients', async () => (await clientsOf(server)).length === 3);

    const { clients, sessions } = await query(server);

    expect(clients).toEqual({ tty: 1, control: 2 });
    expect(sessions).toMatchObject([{ attachedClients: 3, lastAttachedAt: expect.any(Number) }]);
    await outer.cleanup();
  });

  it('leaves the server as it was', async () => {
    const formats =
      '#{session_activity} #{session_attached} #{window_activity} #{window_width} #{session_last_attached}';
    const state = () => server.run('list-windows', '-a', '-F', formats);
    const before = [await state(), await server.run('show-options', '-g'), await server.run('show-hooks', '-g')];

    await query(server);

    expect([await state(), await server.run('show-options', '-g'), await server.run('show-hooks', '-g')]).toEqual(
      before,
    );
  });

  async function clientsOf(asked: TmuxServer): Promise<string[]> {
    return (await asked.run('list-clients', '-F', '#{client_name}')).split('\n').filter(Boolean);
  }

  function fields(line: string): string[] {
    return line.split(' ');
  }
});

describe('newMarker', () => {
  it('is new each time, and plain', () => {
    const markers = Array.from({ length: 100 }, newMarker);

    expect(new Set(markers).size).toBe(100);
    for (const marker of markers) expect(marker).toMatch(/^[0-9A-Za-z]{12}$/);
  });
});
