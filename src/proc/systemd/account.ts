import { readText } from '../kernel/text-file.ts';

/** The login name in the account of a user; null if the user has no account in /etc/passwd, as those of a directory service. */
export function loginOf(root: string, uid: number): string | null {
  return fieldsOf(root, uid)?.[0] ?? null;
}

/** The primary group of the account of a user; null if the user has no account in /etc/passwd. */
export function groupOf(root: string, uid: number): number | null {
  const gid = fieldsOf(root, uid)?.[3] ?? '';
  return /^\d{1,10}$/.test(gid) ? Number(gid) : null;
}

/** The fields of a line of passwd(5). */
function fieldsOf(root: string, uid: number): readonly string[] | undefined {
  const lines = (readText(`${root}/etc/passwd`) ?? '').split('\n').map((line) => line.split(':'));
  return lines.find((fields) => fields[2] === String(uid));
}
