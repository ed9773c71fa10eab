import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { Hazard } from '../../core/death/hazard.ts';
import type { UnreachableCause } from '../../core/model/server.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import { countText } from '../../core/text.ts';
import { UNREACHABLE_TEXT } from '../../core/wording/wording.ts';
import { createProcPlatform } from '../../proc/platform.ts';
import type { Collection } from '../../proc/process/process-accounting.ts';
import { listSockets } from '../../tmux/discovery/discovery.ts';
import { ownSocketDirectory } from '../../tmux/discovery/socket-directories.ts';
import { probeSocket } from '../../tmux/probe.ts';
import type { Environment } from '../environment.ts';
import type { MonitorConfig } from '../monitor.ts';
import type { SinglePoll } from '../once/single-poll.ts';
import type { CheckResult } from './requirement.ts';

/** Describes the place where the exporter runs: its sockets, its user, and whether the platform shows processes. */
export async function inspect({ tmux }: MonitorConfig, environment: Environment): Promise<CheckResult[]> {
  const directory = tmux.socketDirectory ?? ownSocketDirectory(environment.tmuxTmpdir, environment.uid);
  return [...(await inspectSockets(directory)), inspectUser(environment.uid), inspectPlatform(environment)];
}

/** Checks whether the exporter may read and use a socket directory. */
export async function inspectDirectory(directory: string, uid: number | null): Promise<CheckResult> {
  const subject = 'socket directory';
  try {
    const found = await stat(directory);
    if (!found.isDirectory())
      return { verdict: 'bad', subject, message: `${directory} is no directory`, cure: NAME_CURE };
    await access(directory, constants.R_OK | constants.X_OK);
    if (uid !== null && found.uid !== uid && uid !== 0) {
      const message = `${directory} belongs to uid ${found.uid}, we run as uid ${uid}`;
      return { verdict: 'bad', subject, message, cure: OWNER_CURE };
    }
    return { verdict: 'fine', subject, message: directory };
  } catch (error) {
    return { subject, ...absenceOf(directory, (error as NodeJS.ErrnoException).code) };
  }
}

const OWNER_CURE = 'run the exporter as the user that owns it';
const NAME_CURE = 'name the directory of the sockets with --tmux.socket-directory';

function absenceOf(directory: string, code = 'unknown error'): Omit<CheckResult, 'subject'> {
  switch (code) {
    case 'ENOENT':
      return { verdict: 'note', message: `${directory} does not exist yet: tmux creates it for its first server` };
    case 'EACCES':
    case 'EPERM':
      return { verdict: 'bad', message: `${directory} is not readable`, cure: OWNER_CURE };
    default:
      return { verdict: 'bad', message: `${directory} cannot be read (${code})`, cure: NAME_CURE };
  }
}

async function inspectSockets(directory: string): Promise<CheckResult[]> {
  const sockets = await listSockets(directory);
  const answers = await Promise.all(sockets.map(probeSocket));
  const live = answers.filter((answer) => answer === 'accepted' || answer === 'busy').length;
  const message = `${countText(live, 'live server')}, ${countText(sockets.length - live, 'dead socket')}`;
  return sockets.length > 0 ? [{ verdict: 'fine', subject: 'servers', message }] : [];
}

function inspectUser(uid: number | null): CheckResult {
  if (uid !== 0) return { verdict: 'fine', subject: 'user', message: `uid ${uid ?? 'unknown'}` };
  const message = 'root: the exporter can talk to the servers of all users; one exporter per user needs fewer rights';
  return { verdict: 'note', subject: 'user', message };
}

function inspectPlatform({ signal }: Environment): CheckResult {
  if (createProcPlatform((pid) => signal(pid, 0)).available)
    return { verdict: 'fine', subject: 'processes', message: '/proc' };
  const message = 'there is no /proc: deaths are detected by sockets alone';
  return { verdict: 'note', subject: 'processes', message };
}

/** Describes the collectors: whether each works, and if not, why. */
export function inspectCollections(collections: readonly Collection[]): CheckResult[] {
  return collections.map(({ collector, problem }) => {
    const subject = `${collector} collector`;
    return { verdict: problem === null ? 'fine' : 'note', subject, message: problem ?? 'on' };
  });
}

const UNWATCHED =
  'it is polled by a tmux client and has no death watch (tmux.client is binary, or it speaks another version of the protocol), so its death is detected at the next poll';

/** Describes each server: its state, why it does not answer, whether it can be watched, and its hazards with their fixes. */
export function inspectServers({
  records,
  askedByBinary,
}: Pick<SinglePoll, 'records' | 'askedByBinary'>): CheckResult[] {
  return records.flatMap((record) => {
    const { target, state, snapshot, failure, hazards } = record;
    const subject = `server ${target.name}`;
    const dangers = (hazards ?? []).filter(({ holds }) => holds);
    const message = snapshot
      ? `${state}, ${countText(snapshot.sessions.length, 'session')}`
      : `${state}: ${failure?.message ?? ''}`;
    return [
      { verdict: snapshot ? ('fine' as const) : ('note' as const), subject, message, ...cureOf(record) },
      ...(askedByBinary.has(target.socket) ? [{ verdict: 'note' as const, subject, message: UNWATCHED }] : []),
      ...dangers.map(({ hazard, cure }) => ({ verdict: 'note' as const, subject, message: hazard, cure })),
    ];
  });
}

/** The danger that is the same problem: its line already says how to reach the server. Null if there is none. */
const SAME_DANGER: Readonly<Record<UnreachableCause, Hazard | null>> = {
  socket_lost: 'socket_lost',
  wedged: null,
  permission: null,
  version_mismatch: 'version_skew',
};

/** How to reach a server that lives and cannot be reached, unless the line of a danger says it. */
function cureOf(record: ServerRecord): Pick<CheckResult, 'cure'> {
  const { unreachable, hazards } = record;
  if (unreachable === null) return {};
  if (hazards?.some(({ hazard, holds }) => holds && hazard === SAME_DANGER[unreachable])) return {};
  return { cure: UNREACHABLE_TEXT[unreachable].cure(record).text };
}
