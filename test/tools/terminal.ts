import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { COMMAND_LINE, Daemon } from '../support/daemon/daemon.ts';
import { terminalPicture } from '../support/judges/terminal-picture.ts';
import { eventually } from '../support/machine/eventually.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** Draws `tmux-exporter watch` as it follows real servers that die. */
const IMAGES = new URL('../../docs/images/', import.meta.url);

const daemon = await Daemon.start({ flags: ['--web.listen-address=127.0.0.1:8689'] });
const servers: TmuxServer[] = [];
const watch = spawn('script', ['-qefc', `exec ${[...COMMAND_LINE, 'watch'].join(' ')}`, '/dev/null'], {
  env: { PATH: process.env['PATH'], HOME: daemon.sockets, TERM: 'xterm-256color' },
  stdio: ['pipe', 'pipe', 'inherit'],
});
let output = '';
let shown = '';
watch.stdout.setEncoding('utf8').on('data', (text: string) => {
  output += text;
});

try {
  await shows('following');
  const work = await start('work', 'api', 'notes', 'web');
  const build = await start('build', 'main');
  await work.crash();
  await shows('work crashed');
  await work.restart();
  await shows('work is up again');
  await build.removeSocket();
  await shows('cleaners away');
  shown = output;
  watch.stdin.write('\u0003');
  await once(watch, 'close');
} finally {
  for (const server of servers) await server.cleanup();
  await daemon.cleanup();
}

// The sockets lie in a folder of the test, in place of the usual one.
const text = shown.replaceAll(daemon.sockets, '/tmp/tmux-1000');
mkdirSync(IMAGES, { recursive: true });
writeFileSync(
  new URL('terminal.svg', IMAGES),
  terminalPicture(
    `$ tmux-exporter watch\n${text}`,
    'A terminal in which tmux-exporter watch reports that a server crashed',
  ),
);

async function start(name: string, ...sessions: string[]): Promise<TmuxServer> {
  const server = await TmuxServer.start({ folder: daemon.sockets, name, sessions });
  servers.push(server);
  await watched(daemon, server);
  await shows(`${name} is up`);
  return server;
}

async function shows(words: string): Promise<void> {
  await eventually(`"${words}" is shown`, () => output.includes(words), 20_000);
}
