import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_LINE, type runCli } from './daemon.ts';

const BECOME =
  'hostname "$1"; mount --bind "$2" /etc/machine-id; mount --bind "$3" /proc/sys/kernel/random/boot_id; shift 3; exec "$@"';

/** Runs the command line as on a machine of another name, with another machine id, in another boot. It takes root; `folder` is for what stands in for the files of that machine. */
export function onMachine(host: string, folder: string, boot = 'first'): typeof runCli {
  const [machineId, bootId] = [join(folder, `${host}-id`), join(folder, `${host}-${boot}`)];
  writeFileSync(machineId, `${Buffer.from(host.padEnd(16)).toString('hex').slice(0, 32)}\n`);
  writeFileSync(bootId, `${host}-${boot}\n`);
  return (args, env) =>
    spawn(
      'unshare',
      ['--uts', '--mount', 'sh', '-ec', BECOME, 'sh', host, machineId, bootId, ...COMMAND_LINE, ...args],
      {
        env: { PATH: process.env['PATH'], XDG_CONFIG_HOME: '/nonexistent', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
}
