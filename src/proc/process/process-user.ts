import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { systemPath } from '../../core/byte-path.ts';
import { readText } from '../kernel/text-file.ts';

const ROOT = 0;

/** Who runs a process. */
export interface ProcessUser {
  readonly uid: number;
  /** All its groups. */
  readonly gids: readonly number[];
}

/** Reads who runs a process; null if it has ended. It is the real user: anybody can start a program that takes on root as its effective user. */
export function processUser(root: string, pid: number): ProcessUser | null {
  const status = readText(`${root}/${pid}/status`) ?? '';
  const [uid] = numbersOf(status, 'Uid');
  return uid === undefined ? null : { uid, gids: [...numbersOf(status, 'Gid'), ...numbersOf(status, 'Groups')] };
}

function numbersOf(status: string, key: string): readonly number[] {
  const [, numbers = ''] = new RegExp(`^${key}:(.*)$`, 'm').exec(status) ?? [];
  return numbers.split(/\s+/).filter(Boolean).map(Number);
}

/** Whether a user can have made the socket of a path: it belongs to the user, or its folder lets the user make one. A missing folder is judged by the one above. */
export function canHaveMade({ uid, gids }: ProcessUser, socket: string): boolean {
  if (uid === ROOT) return true;
  const file = stateOf(socket);
  if (file) return file.uid === uid;
  const folder = folderAbove(socket);
  if (!folder) return false;
  const isOfGroup = (folder.mode & 0o020) !== 0 && gids.includes(folder.gid);
  return folder.uid === uid || isOfGroup || (folder.mode & 0o002) !== 0;
}

function folderAbove(path: string): Stats | null {
  const folder = dirname(path);
  return stateOf(folder) ?? (folder === path ? null : folderAbove(folder));
}

function stateOf(path: string): Stats | null {
  try {
    return lstatSync(systemPath(path));
  } catch {
    return null;
  }
}
