import type { FamilyHead } from '../text/exposition-format.ts';
import type { Lines } from '../text/sample.ts';
import { CLIENT_FAMILIES } from './client-families.ts';
import type { Collector, Exposure, Level } from './exposure.ts';
import { type Family, linesOf, type Subject } from './family.ts';
import { PANE_FAMILIES } from './pane-families.ts';
import { PANE_PROCESS_FAMILIES, SESSION_PROCESS_FAMILIES } from './process-families.ts';
import { SERVER_FAMILIES } from './server-families.ts';
import { SESSION_FAMILIES } from './session-families.ts';
import type { ServerSubject } from './subject.ts';
import { WINDOW_FAMILIES } from './window-families.ts';

/** A metric family that writes the samples of some objects of one server: those from index `from` to before `to`. */
export interface ServerFamily extends FamilyHead {
  /** The labels besides those that name the object. */
  readonly labels: readonly string[];
  readonly write: (server: ServerSubject, from: number, to: number) => Lines;
}

/** The families of one collector. An object is shown with all of them, or not at all. */
export interface FamilyGroup {
  /** The collector that turns the group on, and its level; null for the server itself, which is always exposed. */
  readonly turned: { readonly collector: Collector; readonly level: Level } | null;
  readonly families: readonly ServerFamily[];
  /** Most series of one object. */
  readonly most: number;
  /** Number of objects of a server. */
  readonly size: (server: ServerSubject) => number;
  /** Number of series of the object at an index. */
  readonly seriesAt: (server: ServerSubject, at: number) => number;
}

/** All families that are made from the view of the servers, in the order of the exposition. The most important come first, because limits cut from the end. */
const GROUPS: readonly FamilyGroup[] = [
  group(null, SERVER_FAMILIES, (server) => [server]),
  group({ collector: 'session', level: 'session' }, SESSION_FAMILIES, (server) => server.sessions),
  group({ collector: 'process', level: 'session' }, SESSION_PROCESS_FAMILIES, (server) => server.sessions),
  group({ collector: 'window', level: 'window' }, WINDOW_FAMILIES, (server) => server.windows),
  group({ collector: 'client', level: 'client' }, CLIENT_FAMILIES, (server) => server.clients),
  group({ collector: 'pane', level: 'pane' }, PANE_FAMILIES, (server) => server.panes),
  group({ collector: 'paneProcess', level: 'pane' }, PANE_PROCESS_FAMILIES, (server) => server.panes),
];

/** The groups whose collectors are on. */
export function exposedGroups({ collector }: Exposure): FamilyGroup[] {
  return GROUPS.filter(({ turned }) => turned === null || collector[turned.collector]);
}

function group<S extends Subject>(
  turned: FamilyGroup['turned'],
  families: readonly Family<S>[],
  subjectsOf: (server: ServerSubject) => readonly S[],
): FamilyGroup {
  return {
    turned,
    families: families.map((family) => ({
      name: family.name,
      type: family.type,
      help: family.help,
      labels: family.labels,
      write: (server, from, to) => linesOf(family, subjectsOf(server).slice(from, to)),
    })),
    most: families.reduce((sum, { most }) => sum + most, 0),
    size: (server) => subjectsOf(server).length,
    seriesAt: (server, at) => {
      const subject = subjectsOf(server)[at];
      return subject ? families.reduce((sum, { samples }) => sum + samples(subject).length, 0) : 0;
    },
  };
}
