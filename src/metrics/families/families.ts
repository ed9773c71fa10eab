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

/** A family that can write its samples of some objects of one server: those from one place to before another. */
export interface ServerFamily extends FamilyHead {
  /** The labels beyond those that name the object. */
  readonly labels: readonly string[];
  readonly write: (server: ServerSubject, from: number, to: number) => Lines;
}

/** The families of one collector: they are exposed, and left out, object by object. */
export interface FamilyGroup {
  /** Null for what is always exposed: the server itself. */
  readonly turned: { readonly collector: Collector; readonly level: Level } | null;
  readonly families: readonly ServerFamily[];
  /** The most series of one object. */
  readonly most: number;
  /** How many objects a server has. */
  readonly size: (server: ServerSubject) => number;
  /** How many series the object at a place has. */
  readonly seriesAt: (server: ServerSubject, at: number) => number;
}

/** Every family that is made from the view of the fleet, in the order of the exposition: what a person would miss most comes first. */
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
