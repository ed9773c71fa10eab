import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMAND_LINE, type runCli } from './daemon.ts';

const FILE = '/etc/subuid';
const REPLACE = 'mount --bind "$1" /etc/subuid; shift; exec "$@"';

/** Whether {@link withSubordinates} works here: it takes root and the file of subordinate user ids. */
export const CAN_HAVE_SUBORDINATES = process.getuid?.() === 0 && existsSync(FILE);

/** Runs the command line as on a machine with these subordinate user ids, such as `1000:100000:65536`. `folder` is for what stands in for the file. */
export async function withSubordinates(folder: string, ...ranges: string[]): Promise<typeof runCli> {
  const file = join(folder, 'subuid');
  await writeFile(file, ranges.map((range) => `${range}\n`).join(''));
  await chmod(folder, 0o755);
  return (args, env) =>
    spawn('unshare', ['--mount', 'sh', '-ec', REPLACE, 'sh', file, ...COMMAND_LINE, ...args], {
      env: { PATH: process.env['PATH'], XDG_CONFIG_HOME: '/nonexistent', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
}
