import type { Cause } from '../death/cause.ts';
import { type Cure, socketCure, versionCure } from '../death/cure.ts';
import type { DatedLoss, Loss } from '../event/event.ts';
import type { Evidence, LastWord } from '../model/observation.ts';
import type { GoneReason, UnreachableCause } from '../model/server.ts';
import { patientOf } from '../record/patient.ts';
import { pidOf, type ServerRecord } from '../record/record.ts';
import { countText, listText, printable, shorten } from '../text.ts';

/** Longest session name in an event, in characters. */
const KEPT_NAME = 128;
/** Longest session name in a title, in characters. */
export const SHOWN_NAME = 48;

/** A session's name, made printable and shortened for an event. */
export function fitName(name: string): string {
  return shorten(printable(name), KEPT_NAME);
}

/** The path of the socket, made printable: a stranger may have chosen it. */
export function socketText({ target }: ServerRecord): string {
  return printable(target.socket);
}

/** The content of a server that is not known. */
export const NOTHING: Loss = { sessions: 0, windows: 0, panes: 0, attached: 0, session_names: [], commands: [] };

/** Each cause as text that follows "why it died:". */
export const CAUSE_TEXT: Record<Cause, string> = {
  last_session_closed: 'its last session was closed',
  shut_down: 'it was shut down',
  oom_kernel: 'the kernel killed it because memory ran out',
  oom_systemd: 'systemd ended it because memory ran out',
  unit_stopped: 'its systemd unit was stopped',
  logout: 'its user logged out',
  unknown: 'unknown',
};

/** How a server died, as text that follows its name. */
export function deathText(reason: GoneReason, cause: Cause): string {
  if (cause === 'last_session_closed') return 'ended with its last session';
  if (cause === 'shut_down') return 'was shut down';
  return REASON_TEXT[reason];
}

const REASON_TEXT: Record<GoneReason, string> = {
  exited: 'ended',
  crashed: 'crashed',
  replaced: 'died and was replaced by a new one',
  rebooted: 'died when the machine restarted',
  lost: 'is gone',
};

/** A problem as text that follows "unreachable:", and its cure. */
interface UnreachableText {
  readonly problem: (record: ServerRecord) => string;
  readonly cure: (record: ServerRecord) => Cure;
}

/** Why a living server cannot be reached, and how a person can fix it. */
export const UNREACHABLE_TEXT: Record<UnreachableCause, UnreachableText> = {
  socket_lost: {
    problem: lostSocketText,
    cure: (record) =>
      record.life
        ? socketCure(patientOf(record, record.life))
        : advice('Once its path is free, send SIGUSR1 to its process.'),
  },
  wedged: {
    problem: () => 'it refuses connections',
    cure: ({ life }) =>
      advice(
        `Its process${life ? ` ${pidOf(life)}` : ''} runs, but nothing listens on its socket: it may be waiting for a stuck client. Detach or end its clients, not the server.`,
      ),
  },
  permission: {
    problem: () => 'permission denied',
    cure: (record) => advice(`Run an exporter as the user that owns ${socketText(record)}.`),
  },
  version_mismatch: {
    problem: () => "it speaks another version of tmux's protocol",
    cure: (record) =>
      record.life
        ? versionCure(patientOf(record, record.life))
        : advice('As its own user, its own binary works as a client. Restart the server when its work is done.'),
  },
};

function lostSocketText({ target, isPathTaken }: ServerRecord): string {
  if (target.displacedPid !== undefined) return 'another server was started at its path';
  return isPathTaken ? 'something else is at its path' : 'its socket file was deleted';
}

function advice(text: string): Cure {
  return { text, command: null };
}

/** The evidence of a death, in sentences. */
export function evidenceText(record: ServerRecord, { connect, process, watch }: Evidence): string {
  const end =
    process === 'dead' && record.life
      ? `Its process ${pidOf(record.life)} has ended`
      : 'Its process cannot be seen from here';
  const now = connect === 'accepted' || connect === 'busy' ? 'another server answers' : 'nothing answers';
  return `${end} and ${now} on ${socketText(record)}.${watch === null ? '' : WORD_TEXT[watch]}`;
}

const WORD_TEXT: Record<LastWord, string> = {
  last_session_closed: ' The server said that its last session was closed.',
  shut_down: ' The server said that it was shutting down, as after kill-server or SIGTERM.',
  ended: '',
  nothing: ' It closed its connections without saying why, as in a crash or after SIGKILL.',
};

/** The loss with some of the names: `4 sessions, 12 panes lost (api, web, db, logs)`. */
export function lossText(lost: Loss): string {
  if (lost.sessions === 0) return 'no session lost';
  const names = lost.session_names.slice(0, 6).map((name) => shorten(name, 24));
  return `${contentText(lost)} lost (${listText(names, lost.sessions)})`;
}

/** `4 sessions, 12 panes`. */
export function contentText({ sessions, panes }: Loss): string {
  return `${countText(sessions, 'session')}, ${countText(panes, 'pane')}`;
}

/** The time of the poll that a loss comes from: `The list is as of 2026-03-01 12:00:00 UTC.` */
export function asOfText({ as_of }: Pick<DatedLoss, 'as_of'>): string {
  return `The list is as of ${as_of.slice(0, 19).replace('T', ' ')} UTC.`;
}

/** The title of an event that is shown without its body: with the time of the poll that its loss comes from, if the body has one. Of `longest` characters at most, the time is kept. */
export function loneTitle({ title, body }: { readonly title: string; readonly body: string }, longest: number): string {
  const time = AS_OF.exec(body)?.[1];
  const suffix = time === undefined ? '' : `; the list is as of ${time}`;
  return `${shorten(title, longest - suffix.length)}${suffix}`;
}

/** The sentence of {@link asOfText}, with its time, at the end of a body. */
const AS_OF = /The list is as of (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)\.$/;

/** The names of the sessions, and the commands that ran in them. */
export function sessionsText({ session_names, sessions, commands }: Loss): string {
  if (sessions === 0) return 'It had no session.';
  const running = commands.length > 0 ? ` Running: ${listText(commands)}.` : '';
  return `Sessions: ${listText(session_names, sessions)}.${running}`;
}
