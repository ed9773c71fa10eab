import type { SystemdUnit } from '../../core/model/containment.ts';
import { readLink } from '../kernel/text-file.ts';

/** What systemd allows as the name of a unit that holds processes (systemd.unit(5)), but for a `-` in front: a cgroup is named by whoever made it, and the name becomes an argument. */
const UNIT = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(?:service|scope|socket|mount|swap)$/;

/** The systemd unit that a cgroup path names, in the manager that knows it, without its run; null outside of every unit. */
export function unitOfCgroup(path: string): Omit<SystemdUnit, 'invocation'> | null {
  const parts = path.split('/').filter((part) => part !== '');
  const outer = firstUnit(parts, 0);
  if (outer === null) return null;
  const name = unescaped(parts[outer] ?? '');
  const managed = /^user@(\d+)\.service$/.exec(name)?.[1];
  const inner = managed === undefined ? null : firstUnit(parts, outer + 1);
  if (managed !== undefined && inner !== null) {
    return { name: unescaped(parts[inner] ?? ''), manager: 'user', uid: Number(managed), session: null };
  }
  const session = /^session-([A-Za-z0-9]+)\.scope$/.exec(name)?.[1] ?? null;
  return { name, manager: 'system', uid: session === null ? null : uidOfSlices(parts), session };
}

/** The unit of a cgroup path with the id of its present run, which systemd keeps in a symbolic link. */
export function readUnit(root: string, path: string): SystemdUnit | null {
  const unit = unitOfCgroup(path);
  if (!unit) return null;
  const folder = unit.manager === 'system' ? '/run/systemd/units' : `/run/user/${unit.uid}/systemd/units`;
  return { ...unit, invocation: readLink(`${root}${folder}/invocation:${unit.name}`) };
}

/** Units lie below slices, and below units only cgroups of their own: the first part that is no slice decides. */
function firstUnit(parts: readonly string[], from: number): number | null {
  const at = parts.findIndex((part, index) => index >= from && !part.endsWith('.slice'));
  return at >= 0 && UNIT.test(parts[at] ?? '') ? at : null;
}

function uidOfSlices(parts: readonly string[]): number | null {
  const uid = parts.map((part) => /^user-(\d+)\.slice$/.exec(part)?.[1]).find((found) => found !== undefined);
  return uid === undefined ? null : Number(uid);
}

/** systemd puts `_` before the name of a cgroup that could be taken for a file of the kernel. */
function unescaped(part: string): string {
  return part.replace(/^_/, '');
}
