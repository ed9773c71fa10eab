import type { Loss } from '../event/event.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { tallyServer } from '../model/tally.ts';
import { fitNames } from '../text.ts';

/** Most names in an event, and the longest name in characters. */
export const MOST_NAMES = 20;
export const LONGEST_NAME = 48;
/** Most bytes of JSON for a list of names. The names are in an event twice, and the event must stay within 4 KiB. */
export const NAME_BYTES = 360;

/** What would be lost if the server of `snapshot` died now. */
export function lossOf(snapshot: Snapshot): Loss {
  const { sessions, windows, panes, attachedSessions } = tallyServer(snapshot);
  const commands = new Set(
    snapshot.panes.filter((pane) => !pane.dead && pane.command !== '').map((pane) => pane.command),
  );
  return {
    sessions,
    windows,
    panes,
    attached: attachedSessions,
    session_names: namesOf(snapshot.sessions.map((session) => session.name)),
    commands: namesOf(commands),
  };
}

function namesOf(names: Iterable<string>): string[] {
  return fitNames(names, MOST_NAMES, LONGEST_NAME, NAME_BYTES);
}
