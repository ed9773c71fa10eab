import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { childrenOf } from '../machine/process-life.ts';
import { COMMAND_LINE, type runCli } from './daemon.ts';

/** The options of a container, in Docker's terms. */
export interface ContainerOptions {
  /** A user and group that need not have an account. */
  readonly uid: number;
  /** The folder that is mounted read-only, at its own path. */
  readonly sockets: string;
  /** The one folder that can be written to. */
  readonly state: string;
  /** An empty folder, for the container's root. */
  readonly root: string;
  /** `pid: host`; otherwise the processes of the host are not to be seen, and the daemon is process 1. */
  readonly sharesPids: boolean;
}

/** The machine's own files, read-only, without capabilities and without new privileges: what a container is to a process in it. */
const SCRIPT = `set -e
root=$1 sockets=$2 state=$3 uid=$4; shift 4
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount --bind "$sockets" "$root$sockets"
mount -o remount,bind,ro "$root$sockets"
mount --bind "$state" "$root$state"
mount -t proc proc "$root/proc"
exec chroot "$root" setpriv --reuid="$uid" --regid="$uid" --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"`;

function containerCommand({ uid, sockets, state, root, sharesPids }: ContainerOptions): string[] {
  const namespaces = sharesPids ? [] : ['--pid', '--fork', '--kill-child'];
  const setup = ['sh', '-c', SCRIPT, 'sh', root, sockets, state, String(uid)];
  return ['--mount', '--propagation', 'private', ...namespaces, ...setup];
}

/** Whether containers can be made here, and the checkout be read by other users: it takes root and util-linux. */
export function canContain(options: ContainerOptions): boolean {
  const { status } = spawnSync('unshare', [...containerCommand(options), ...COMMAND_LINE, '--version']);
  return status === 0;
}

/** Runs the command line in a container. Its process is the daemon's, as the host sees it: what is sent to it arrives as with `docker stop`. */
export function containedCli(options: ContainerOptions): typeof runCli {
  return (args) => {
    const child = spawn('unshare', [...containerCommand(options), ...COMMAND_LINE, ...args], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return options.sharesPids ? child : asFirstProcess(child, child.pid ?? 0);
  };
}

/** unshare stays outside, as the parent of process 1, and ends as that does. */
function asFirstProcess(child: ChildProcess, outside: number): ChildProcess {
  const first = () => childrenOf(outside)[0] ?? 0;
  const kill: ChildProcess['kill'] = (signal) => process.kill(first(), signal ?? 'SIGTERM');
  return Object.defineProperties(child, { pid: { get: first }, kill: { value: kill } });
}
