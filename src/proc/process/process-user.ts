import { readText } from '../kernel/text-file.ts';

/** Who runs a process. */
export interface ProcessUser {
  readonly uid: number;
}

/** Reads who runs a process; null if it has ended. It is the real user: anybody can start a program that takes on root as its effective user. */
export function processUser(root: string, pid: number): ProcessUser | null {
  const [, uid] = /^Uid:\t(\d+)/m.exec(readText(`${root}/${pid}/status`) ?? '') ?? [];
  return uid === undefined ? null : { uid: Number(uid) };
}
