import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Containment } from '../core/model/containment.ts';
import {
  type AnsweringSocket,
  type Claim,
  isSameProcess,
  type ProcessLiveness,
  type ProcessMark,
} from '../core/model/observation.ts';
import { ContainmentReader } from './containment.ts';
import { readKernelUnits } from './kernel/kernel-units.ts';
import { listeningPaths } from './kernel/unix-sockets.ts';
import { AcceptanceProof } from './process/acceptance.ts';
import { readClaim } from './process/claim.ts';
import { sharesFiles } from './process/file-view.ts';
import { isAtItsEnd, isStopped, livenessOf, type SignalZero } from './process/process-reading.ts';
import { ProcessTableReader } from './process/process-table.ts';
import { SocketTables } from './process/socket-tables.ts';
import { DistantServers } from './process/tmux-processes.ts';
import { type CanonicalPath, ProcessDiscovery, type RunningServer } from './process/tmux-servers.ts';

/** What this machine can say about processes and sockets: everything on Linux, nothing without /proc. */
export interface ProcPlatform {
  /** Whether /proc exists. */
  readonly available: boolean;
  /** Checks the pid that the server of a socket claims to have; null if the process is not visible from here, or the claim is false. `known` is the process that answered there before. */
  readonly readClaim: (pid: number, socket: AnsweringSocket, known: ProcessMark | null) => Promise<Claim | null>;
  readonly liveness: (mark: ProcessMark) => ProcessLiveness;
  readonly isStopped: (mark: ProcessMark) => boolean;
  /** Whether a process has ended, or has begun to end. */
  readonly isAtItsEnd: (mark: ProcessMark) => boolean;
  /** Finds the tmux servers that run as a user, or as any user if `uid` is null, wherever their sockets are. */
  readonly runningServers: (uid: number | null) => readonly RunningServer[];
  /** The paths at which a tmux server made the sockets that it listens on, wherever they were moved; none if they are not known. */
  readonly boundPaths: (mark: ProcessMark) => readonly string[];
  /** Finds the executable of the tmux server of a user that listens on a path, such as `/proc/42/exe`; null if it is not known, or if the process may see other files than we do: then it was kept apart from ours. */
  readonly executableOf: (socket: string, uid: number) => string | null;
  /** Reads the cgroup, unit and memory counters of processes. */
  readonly containment: ContainmentReader;
  readonly readContainment: (pid: number) => Containment | null;
  /** Reads all processes and their resource usage; null if that is impossible. */
  readonly processTable: ProcessTableReader | null;
  /** Whether the kernel lists the path as listening, or may do so because its list is too long to be read; null if the list cannot be read. */
  readonly isListening: (socket: string) => boolean | null;
}

/** Creates a platform that reads `root`, usually `/proc`. The kernel lists sockets by the literal path they were bound to; `canonical` resolves it. */
export function createProcPlatform(
  signalZero: SignalZero,
  canonical: CanonicalPath = (path) => path,
  root = '/proc',
): ProcPlatform {
  const discovery = new ProcessDiscovery(root, canonical);
  const containment = new ContainmentReader(Date.now);
  const units = readKernelUnits(root);
  // Since the last scan, a pid can have become that of another process.
  const isRunnable = (mark: ProcessMark) => sharesFiles(root, mark.pid) === true && !isAtItsEnd(root, mark);
  const witnesses = {
    tables: new SocketTables(root),
    acceptance: new AcceptanceProof(root),
    distant: new DistantServers(root),
  };
  return {
    containment,
    readContainment: (pid) => containment.read(pid),
    available: existsSync(`${root}/self/stat`),
    readClaim: async (pid, socket, known) =>
      withPlaces(await readClaim(root, pid, socket, known, witnesses), canonical),
    liveness: (mark) => livenessOf(root, mark, signalZero),
    isStopped: (mark) => isStopped(root, mark),
    isAtItsEnd: (mark) => isAtItsEnd(root, mark),
    runningServers: (uid) => discovery.scan(uid),
    boundPaths: (mark) =>
      discovery.scan(null).flatMap((server) => (isSameProcess(server.mark, mark) ? [server.socket] : [])),
    executableOf: (path, owner) => {
      // Anybody can bind a socket in a folder, and make that a link to another one.
      const server = discovery
        .scan(null)
        .find(({ socket, uid, mark }) => socket === path && uid === owner && isRunnable(mark));
      return server === undefined ? null : `${root}/${server.mark.pid}/exe`;
    },
    processTable: units && new ProcessTableReader(units, root),
    isListening: (socket) => {
      const paths = listeningPaths(root);
      // If a user makes the list too long, that must not help to declare the server of another dead.
      if (paths === 'too long') return true;
      const isMeant = (path: string) => basename(path) === basename(socket) && canonical(path) === socket;
      return paths && (paths.has(socket) || [...paths].some(isMeant));
    },
  };
}

/** The claim with the bound paths in the form in which paths are compared. */
function withPlaces(claim: Claim | null, canonical: CanonicalPath): Claim | null {
  if (!claim?.details) return claim;
  const { details } = claim;
  return { ...claim, details: { ...details, boundPaths: details.boundPaths.map(canonical) } };
}
