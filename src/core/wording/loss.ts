import type { Loss } from '../event/event.ts';
import type { Pane, Snapshot } from '../model/snapshot.ts';
import { tallyServer } from '../model/tally.ts';
import { fitNames } from '../text.ts';

/** Most names in an event, and the longest name in characters. */
export const MOST_NAMES = 20;
export const LONGEST_NAME = 48;
/** Most bytes of JSON for a list of names. The names are in an event twice, and the event must stay within 4 KiB. */
export const NAME_BYTES = 360;

/** The name of tmux's own program. */
const TMUX = 'tmux';

/** What would be lost if the server of `snapshot` died now. `before` is the snapshot of the previous poll; null if there is none. */
export function lossOf(snapshot: Snapshot, before: Snapshot | null): Loss {
  const { sessions, windows, panes, attachedSessions } = tallyServer(snapshot);
  const known = new Set(before?.panes.map(({ id }) => id));
  const running = snapshot.panes.filter((pane) => !pane.dead && !isUnnamed(pane, known));
  const commands = new Set(running.map(({ command }) => command));
  return {
    sessions,
    windows,
    panes,
    attached: attachedSessions,
    session_names: namesOf(snapshot.sessions.map((session) => session.name)),
    commands: namesOf(commands),
  };
}

/**
 * Whether the command of a pane is not known yet. In a new pane a copy of the server runs until it has started the program of the
 * pane, and tmux calls it `tmux`, like a client that a person has started. The next poll shows which of both it is.
 */
function isUnnamed({ id, command }: Pane, known: ReadonlySet<string>): boolean {
  return command === '' || (command === TMUX && !known.has(id));
}

/** Whether a pane runs a command that the next poll may show to be another one, though the pane has not changed. */
export function hasUncertainCommand({ panes }: Snapshot): boolean {
  return panes.some(({ command }) => command === TMUX);
}

function namesOf(names: Iterable<string>): string[] {
  return fitNames(names, MOST_NAMES, LONGEST_NAME, NAME_BYTES);
}
