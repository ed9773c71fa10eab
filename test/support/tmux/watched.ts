import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Daemon } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';
import type { TmuxServer } from './tmux-server.ts';

const CUT = fileURLToPath(new URL('cut_connections.py', import.meta.url));

/** Settles when each of these servers is up, and the daemon holds a death watch on every server that is. */
export async function watched(daemon: Daemon, ...servers: readonly TmuxServer[]): Promise<void> {
  await eventually(
    'a death watch on each server',
    async () => {
      const up = await pidsOfUp(daemon.url);
      const areUp = servers.every(({ pid }) => up.includes(pid));
      return areUp && (await daemon.sample('tmux_exporter_watches')) === up.length;
    },
    30_000,
  );
}

/** Inodes of the connections that a server has accepted on a path: its own ends of them. */
export function connectionsTo(path: string): string[] {
  return connectionsBelow(path).flatMap((connection) => {
    const [inode = '', ...words] = connection.split(' ');
    return words.join(' ') === path ? [inode] : [];
  });
}

/** The connections that servers have accepted on the paths that begin in a way: each its inode and path, such as `42 /tmp/x`. */
export function connectionsBelow(prefix: string): string[] {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, inode, path] = CONNECTED.exec(line) ?? [];
    return inode !== undefined && path?.startsWith(prefix) ? [`${inode} ${path}`] : [];
  });
}

// Num RefCount Protocol Flags Type St Inode Path: state 03 is connected. One that was not accepted yet has no inode.
const CONNECTED = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ 03 +([1-9]\d*) (\/.*)$/;

/** Cuts all connections of a process to a socket, without a word to either side. Gives how many there were. */
export async function cutConnections(pid: number, path: string): Promise<number> {
  const { stdout } = await promisify(execFile)('python3', [CUT, String(pid), path]);
  return Number(stdout);
}

async function pidsOfUp(url: string): Promise<number[]> {
  const response = await fetch(`${url}/api/v1/servers`);
  const { servers } = (await response.json()) as { servers: { up: boolean; incarnation: { pid: number } | null }[] };
  return servers.flatMap(({ up, incarnation }) => (up && incarnation ? [incarnation.pid] : []));
}
