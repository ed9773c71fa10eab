import { leaderOf, type Process, type ProcessTable, parentOf } from './process.ts';

/**
 * Finds the owner of each process. `roots` maps the pids of processes that were started for an owner to that owner.
 *
 * A process has the owner of its nearest ancestor that is a root. If its parents have ended and it was adopted, it has the owner
 * of the living leader of its session: a process can only be born into a session, so it descends from the leader. A process that
 * left its parents and made its own session, as a daemon does, has no owner.
 */
export function ownersOf<Owner>(table: ProcessTable, roots: ReadonlyMap<number, Owner>): Map<Process, Owner> {
  const owners = new Map<Process, Owner>();
  const ownerOf = (elder: Process | undefined) => elder && owners.get(elder);
  for (const process of table.processes.values()) {
    const owner = roots.get(process.pid) ?? ownerOf(parentOf(process, table)) ?? ownerOf(leaderOf(process, table));
    if (owner !== undefined) owners.set(process, owner);
  }
  return owners;
}
