import type { SystemdUnit } from '../../core/model/containment.ts';
import { readLink } from '../kernel/text-file.ts';

/** A name of a unit with processes, as systemd allows it (systemd.unit(5)), but without a leading `-`: anybody can name a cgroup, and the name becomes an argument of a command. */
const UNIT = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(?:service|scope|socket|mount|swap)$/;

/** Finds the systemd unit in a cgroup path, without its invocation; null if the path is in no unit. */
export function unitOfCgroup(path: string): Omit<SystemdUnit, 'invocation'> | null {
  const parts = path.split('/').filter((part) => part !== '');
  const outer = firstUnit(parts, 0);
  if (outer === null) return null;
  const { name } = outer;
  const managed = /^user@(\d+)\.service$/.exec(name)?.[1];
  const inner = managed === undefined ? null : firstUnit(parts, outer.at + 1);
  if (managed !== undefined && inner !== null) {
    return { name: inner.name, manager: 'user', uid: Number(managed), session: null };
  }
  const session = /^session-([A-Za-z0-9]+)\.scope$/.exec(name)?.[1] ?? null;
  return { name, manager: 'system', uid: session === null ? null : uidOfSlices(parts), session };
}

/** Finds the unit of a cgroup path, with the id of its current invocation, which systemd keeps in a symbolic link. */
export function readUnit(root: string, path: string): SystemdUnit | null {
  const unit = unitOfCgroup(path);
  if (!unit) return null;
  const folder = unit.manager === 'system' ? '/run/systemd/units' : `/run/user/${unit.uid}/systemd/units`;
  return { ...unit, invocation: readLink(`${root}${folder}/invocation:${unit.name}`) };
}

/** The first part that is no slice, if it is a unit: its index and its name. Units are inside slices, and inside units there are only their own cgroups. */
function firstUnit(parts: readonly string[], from: number): { readonly at: number; readonly name: string } | null {
  const at = parts.findIndex((part, index) => index >= from && !part.endsWith('.slice'));
  // The name is checked as it is used: an escape could hide its leading `-`.
  const name = unescaped(parts[at] ?? '');
  return UNIT.test(name) ? { at, name } : null;
}

function uidOfSlices(parts: readonly string[]): number | null {
  const uid = parts.map((part) => /^user-(\d+)\.slice$/.exec(part)?.[1]).find((found) => found !== undefined);
  return uid === undefined ? null : Number(uid);
}

/** Removes the `_` that systemd puts before names that could be confused with files of the kernel. */
function unescaped(part: string): string {
  return part.replace(/^_/, '');
}
