import type { Connect, Failure, Saying } from '../../core/model/observation.ts';
import type { FailureReason, Incarnation } from '../../core/model/server.ts';
import { sharedSnapshot } from '../../core/model/shared-snapshot.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { BinaryEnd } from '../binary/binary-client.ts';
import type { CommandEnd } from '../protocol/client.ts';
import { readAnswer } from './answer.ts';
import { sayingOf } from './gone.ts';
import {
  clientsCommand,
  type Marker,
  NO_DETAILS,
  newMarker,
  objectsCommand,
  type QueryDetails,
  SESSIONS_COMMAND,
  serverCommand,
} from './query.ts';

/** Runs one command on one server. It rejects only if it is aborted. */
export type Ask = (command: readonly string[]) => Promise<CommandEnd | BinaryEnd>;

/** The result of one query of a server, and what tmux said. */
export type QueryResult =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly said: 'answered' }
  | {
      readonly kind: 'failure';
      readonly failure: Failure;
      readonly said: Saying;
      /** The result of `connect`; `accepted` for a tmux client process, which does not report it. */
      readonly connect: Connect;
    };

type FailedQuery = Extract<QueryResult, { kind: 'failure' }>;

/** A server to query. */
export interface QueryTarget {
  readonly socket: string;
  /** Its life as of the last answer. */
  readonly known: { readonly incarnation: Incarnation; readonly version: string } | null;
  /** The snapshot of the previous query, if that succeeded: an unchanged one is returned again. */
  readonly last?: Snapshot | null;
  /** Additional details to ask for; none by default. */
  readonly details?: QueryDetails;
}

/** Asks a server for everything, with one command, and a second one if clients are attached. */
export async function queryServer(ask: Ask, target: QueryTarget): Promise<QueryResult> {
  const { socket, last = null, details = NO_DETAILS } = target;
  const marker = newMarker();
  const objects = await outputOf(ask, socket, objectsCommand(marker, details));
  if (objects.kind === 'failure') return objects.said === 'no_target' ? queryEmptyServer(ask, target, marker) : objects;
  const parsed = await parsedQuery(objects.stdout, marker, last);
  if (parsed.kind === 'failure' || !parsed.snapshot.sessions.some(({ attachedClients }) => attachedClients > 0))
    return parsed;
  const clients = await outputOf(ask, socket, clientsCommand(marker, details));
  // The clients come first: garbage after the objects would be taken for a part of the last name.
  return clients.kind === 'failure' ? clients : parsedQuery(clients.stdout + objects.stdout, marker, last);
}

/**
 * Asks a server without sessions, which has no pane to list. Before 3.2 it cannot even report its pid: it only lists no sessions,
 * which is enough if its life is known.
 */
async function queryEmptyServer(
  ask: Ask,
  { socket, known, last = null }: QueryTarget,
  marker: Marker,
): Promise<QueryResult> {
  const server = await outputOf(ask, socket, serverCommand(marker));
  if (server.kind === 'output') return parsedQuery(server.stdout, marker, last);
  if (server.said !== 'no_target' || !known) return server;
  const sessions = await outputOf(ask, socket, SESSIONS_COMMAND);
  if (sessions.kind === 'failure') return sessions;
  if (sessions.stdout !== '') return failed('other', 'protocol', complaint(sessions.stdout, 0));
  const nothing = { sessions: [], windows: [], panes: [], clients: { tty: 0, control: 0 }, attachedClients: [] };
  return { kind: 'snapshot', snapshot: sharedSnapshot(last, { ...known, ...nothing }), said: 'answered' };
}

type Output = { readonly kind: 'output'; readonly stdout: string };

async function outputOf(ask: Ask, socket: string, command: readonly string[]): Promise<Output | FailedQuery> {
  const end = await ask(command);
  if (end.kind !== 'exited') return unfinished(end, socket);
  const { code, stdout, stderr } = end;
  if (code === 0) return { kind: 'output', stdout };
  const said = sayingOf({ socket, stderr });
  return failed(said, REASON_OF[said], complaint(stderr, code));
}

async function parsedQuery(output: string, marker: Marker, last: Snapshot | null): Promise<QueryResult> {
  const parsed = await readAnswer(output, marker, last);
  if (parsed.kind === 'garbled') return failed('garbled', 'parse', `its answer does not parse: ${parsed.message}`);
  return { kind: 'snapshot', snapshot: parsed.snapshot, said: 'answered' };
}

const REASON_OF: Readonly<Record<Saying, FailureReason>> = {
  answered: 'protocol',
  no_server: 'refused',
  no_socket: 'no_socket',
  lost_server: 'version_mismatch',
  permission: 'permission',
  protocol_mismatch: 'version_mismatch',
  no_target: 'protocol',
  cut: 'protocol',
  timeout: 'timeout',
  garbled: 'parse',
  not_started: 'spawn',
  other: 'protocol',
  not_asked: 'protocol',
};

function unfinished(end: Exclude<CommandEnd | BinaryEnd, { kind: 'exited' }>, socket: string): FailedQuery {
  switch (end.kind) {
    case 'not_connected':
      return { ...failed('not_asked', ...connectFailure(end.connect, socket)), connect: end.connect };
    case 'timeout':
      return failed('timeout', 'timeout', 'it accepted the connection but did not answer in time (poll.timeout)');
    case 'overflow':
      return failed('garbled', 'parse', 'its answer is too large for a tmux server');
    case 'garbled':
      return failed('garbled', 'protocol', `it does not speak tmux's protocol: ${end.message}`);
    case 'other_version':
      return failed('protocol_mismatch', 'version_mismatch', otherVersion(end.version));
    case 'cut':
    case 'shutdown':
      return failed('cut', 'protocol', CUT);
    case 'not_started':
      return failed('not_started', 'spawn', end.message);
    case 'killed':
      return failed('other', 'protocol', `the tmux client was killed by ${end.signal}`);
  }
}

const CUT =
  'it closed the connection without an answer, as a server does that is ending and waits for a stopped client to leave';

function otherVersion(version: number): string {
  return `it speaks version ${version} of tmux's protocol, but this exporter speaks version 8: set tmux.client to auto, and tmux.binary to a tmux of its version`;
}

/** Explains why a connection to a path failed. */
export function connectFailure(
  connect: Exclude<Connect, 'accepted'>,
  socket: string,
): [reason: FailureReason, message: string] {
  switch (connect) {
    case 'refused':
      return ['refused', `nothing listens on ${socket}`];
    case 'absent':
      return ['no_socket', `there is no socket at ${socket}`];
    case 'not_a_socket':
      return ['no_socket', `${socket} is no socket: expected the socket of a tmux server`];
    case 'denied':
      return ['permission', `this exporter may not connect to ${socket}: run an exporter as the user that owns it`];
    case 'busy':
      return ['timeout', `the server of ${socket} has stopped accepting connections`];
    case 'failed':
      return ['protocol', notConnectable(socket)];
  }
}

/** The most bytes of a socket path in the kernel, without the final zero. */
const MOST_PATH_BYTES = 107;

function notConnectable(socket: string): string {
  return Buffer.byteLength(socket) > MOST_PATH_BYTES
    ? `${socket} is too long to connect to: expected a path of at most ${MOST_PATH_BYTES} bytes`
    : `no connection to ${socket} could be opened: is a file descriptor left (ulimit -n, LimitNOFILE=)?`;
}

function complaint(stderr: string, code: number): string {
  return `tmux said ${JSON.stringify(stderr.trim().slice(0, 200))} and ended with ${code}`;
}

function failed(said: Saying, reason: FailureReason, message: string): FailedQuery {
  return { kind: 'failure', failure: { reason, message }, said, connect: 'accepted' };
}
