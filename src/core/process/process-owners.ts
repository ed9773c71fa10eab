import { leaderOf, type Process, type ProcessTable, parentOf } from './process.ts';

/**
 * Finds whose each process is; `roots` are the processes that were started for somebody, by pid.
 *
 * A process belongs where its nearest ancestor does that is a root. One whose parents have ended, so that init or another reaper
 * adopted it, belongs where the living leader of its session does: nobody gets into a session but by being born in it, so it
 * descends from the leader. Who left his parents and made a session of his own, as a daemon does, belongs to nobody.
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
