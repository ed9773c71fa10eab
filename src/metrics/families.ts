import { type Family, linesOf, type Subject } from './family.ts';
import type { FamilyHead } from './format.ts';
import type { Lines } from './sample.ts';
import type { ServerSubject } from './server.ts';
import { SERVER_FAMILIES } from './server-families.ts';
import { SESSION_FAMILIES } from './session-families.ts';

/** A family that can write all its samples of one server, whatever in the server they are of. */
export interface ServerFamily extends FamilyHead {
  readonly write: (server: ServerSubject) => Lines;
}

/** Every family that is made from the view of the fleet, in the order of the exposition. */
export const FAMILIES: readonly ServerFamily[] = [
  ...level(SERVER_FAMILIES, (server) => [server]),
  ...level(SESSION_FAMILIES, (server) => server.sessions),
];

function level<S extends Subject>(
  families: readonly Family<S>[],
  subjectsOf: (server: ServerSubject) => readonly S[],
): ServerFamily[] {
  return families.map((family) => ({
    name: family.name,
    type: family.type,
    help: family.help,
    write: (server) => linesOf(family, subjectsOf(server)),
  }));
}
