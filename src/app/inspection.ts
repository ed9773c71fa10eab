import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { ServerRecord } from '../core/record.ts';
import { countText } from '../core/text.ts';
import { createCommandRunner } from '../proc/command-runner.ts';
import { createProcPlatform } from '../proc/platform.ts';
import { listSockets } from '../tmux/discovery.ts';
import { probeSocket } from '../tmux/probe.ts';
import { ownSocketDirectory } from '../tmux/socket-directories.ts';
import type { Environment } from './environment.ts';
import type { MonitorConfig } from './monitor.ts';
import type { Collection } from './process-accounting.ts';

/** One thing that was examined: fine, worth a note, or in the way of the exporter's work. */
export interface CheckResult {
  readonly verdict: 'fine' | 'note' | 'bad';
  readonly subject: string;
  /** What was found, and how to mend it where that is needed. */
  readonly message: string;
}

/** Examines what the exporter depends on: tmux, the socket directory, and what the platform can tell. */
export async function inspect({ tmux }: MonitorConfig, environment: Environment): Promise<CheckResult[]> {
  const directory = tmux.socketDirectory ?? ownSocketDirectory(environment.tmuxTmpdir, environment.uid);
  return [
    await inspectBinary(tmux, environment),
    await inspectDirectory(directory, environment.uid),
    ...(await inspectSockets(directory)),
    inspectUser(environment.uid),
    inspectPlatform(environment),
  ];
}

/** A tmux binary is needed only for servers that speak another version of the protocol, or if it is to be used for all. */
async function inspectBinary({ binary, client }: MonitorConfig['tmux'], { path }: Environment): Promise<CheckResult> {
  const { code, stdout } = await createCommandRunner({ PATH: path })(binary, ['-V'], 5_000);
  const isTmux = code === 0 && /^tmux \S+\n$/.test(stdout);
  if (isTmux) return { verdict: 'fine', subject: 'tmux', message: stdout.trim() };
  const found = code === 0 ? `"${binary} -V" does not answer as tmux does` : `no tmux runs as "${binary}"`;
  if (client !== 'binary')
    return { verdict: 'note', subject: 'tmux', message: `${found}; none is needed to watch servers` };
  return { verdict: 'bad', subject: 'tmux', message: `${found}: install tmux, or name it with --tmux.binary` };
}

async function inspectDirectory(directory: string, uid: number | null): Promise<CheckResult> {
  const subject = 'socket directory';
  try {
    const { uid: owner } = await stat(directory);
    if (uid !== null && owner !== uid && uid !== 0) {
      return { verdict: 'bad', subject, message: `${directory} belongs to uid ${owner}, we run as uid ${uid}` };
    }
    await access(directory, constants.R_OK);
    return { verdict: 'fine', subject, message: directory };
  } catch (error) {
    if (isRefused(error)) return { verdict: 'bad', subject, message: unreadable(directory) };
    return {
      verdict: 'note',
      subject,
      message: `${directory} does not exist yet: tmux makes it with the first server`,
    };
  }
}

/** What keeps us from finding servers in a socket directory; null where nothing does, or where there is no such directory. */
export async function socketDirectoryProblem(directory: string): Promise<string | null> {
  try {
    await access(directory, constants.R_OK | constants.X_OK);
    return null;
  } catch (error) {
    return isRefused(error) ? unreadable(directory) : null;
  }
}

function unreadable(directory: string): string {
  return `${directory} may not be read: run the exporter as the user that owns it`;
}

function isRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
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
  const message = 'root: it can speak to the servers of all users; an exporter per user needs fewer rights';
  return { verdict: 'note', subject: 'user', message };
}

function inspectPlatform({ signal }: Environment): CheckResult {
  if (createProcPlatform((pid) => signal(pid, 0)).available)
    return { verdict: 'fine', subject: 'processes', message: '/proc' };
  const message = 'there is no /proc: deaths are known by their sockets alone';
  return { verdict: 'note', subject: 'processes', message };
}

/** What there is to say of the collectors: whether they see what they should, and why not. */
export function inspectCollections(collections: readonly Collection[]): CheckResult[] {
  return collections.map(({ collector, problem }) => {
    const subject = `${collector} collector`;
    return { verdict: problem === null ? 'fine' : 'note', subject, message: problem ?? 'on' };
  });
}

/** What there is to say of each server: its state, why it does not answer, and the dangers to it with their cures. */
export function inspectServers(records: readonly ServerRecord[]): CheckResult[] {
  return records.flatMap(({ target, state, snapshot, failure, hazards }) => {
    const subject = `server ${target.name}`;
    const dangers = (hazards ?? []).filter(({ holds }) => holds);
    const message = snapshot
      ? `${state}, ${countText(snapshot.sessions.length, 'session')}`
      : `${state}: ${failure?.message ?? ''}`;
    return [
      { verdict: snapshot ? ('fine' as const) : ('note' as const), subject, message },
      ...dangers.map(({ hazard, cure }) => ({ verdict: 'note' as const, subject, message: `${hazard}: ${cure}` })),
    ];
  });
}
