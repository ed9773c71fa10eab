import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { newMarker, queryCommand } from '../../src/tmux/query.ts';

const ENVIRONMENT = { PATH: process.env['PATH'] ?? '' };

/** Asks a server for all that we ask for, with nothing around the one client. */
export function spawnBare(socket: string): Promise<string> {
  return runTmux(socket, queryCommand(newMarker()));
}

/** Asks a server as pollers commonly do: for its sessions, and of each for its windows and its panes. */
export async function pollBySession(socket: string): Promise<void> {
  const sessions = await runTmux(socket, ['list-sessions', '-F', '#{session_id} #{session_attached} #{session_name}']);
  for (const line of sessions.split('\n').filter((text) => text !== '')) {
    const [id = ''] = line.split(' ');
    await runTmux(socket, ['list-windows', '-t', id, '-F', '#{window_id} #{window_panes} #{window_name}']);
    await runTmux(socket, ['list-panes', '-s', '-t', id, '-F', '#{pane_id} #{pane_dead} #{pane_current_command}']);
  }
}

async function runTmux(socket: string, command: readonly string[]): Promise<string> {
  const child = spawn('tmux', ['-u', '-S', socket, ...command], {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  return text;
}
