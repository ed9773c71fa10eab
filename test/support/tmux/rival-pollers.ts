import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeFrame } from '../../../src/tmux/protocol/frame.ts';
import { answerData, openingBytes } from '../../../src/tmux/protocol/message.ts';
import { newMarker, objectsCommand } from '../../../src/tmux/query/query.ts';

const ENVIRONMENT = { PATH: process.env['PATH'] ?? '' };

/** Asks a server for all that we ask for, with nothing around the one client. */
export function spawnBare(socket: string): Promise<string> {
  return runTmux(socket, objectsCommand(newMarker()));
}

/**
 * Sends the bytes of our query over a bare connection, and reads as many as the answer has: what a poll would cost if it were
 * nothing but the exchange.
 */
export function exchangeBare(socket: string): Promise<void> {
  const opening = openingBytes(objectsCommand(newMarker()), process.pid);
  return new Promise((resolve, reject) => {
    const connection = connect({ path: socket }, () => connection.write(opening));
    let last = Buffer.alloc(0);
    connection.on('data', (piece) => {
      // The server asks before it writes, and its last frame ends the exchange.
      if (piece.readUInt32LE(0) === WRITE_OPEN) connection.write(WRITE_READY);
      last = piece.subarray(-EXIT_BYTES);
      if (last.length === EXIT_BYTES && last.readUInt32LE(0) === EXIT) connection.destroy();
    });
    connection.once('close', () => resolve());
    connection.once('error', reject);
  });
}

const WRITE_OPEN = 303;
const EXIT = 203;
const EXIT_BYTES = 20;
const WRITE_READY = encodeFrame(305, answerData(1, 0));

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
