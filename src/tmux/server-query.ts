import type { Failure, Saying } from '../core/observation.ts';
import type { FailureReason, Incarnation } from '../core/server.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { ClientExit, TmuxClient } from './client.ts';
import { sayingOf } from './gone.ts';
import { parseQuery } from './parser.ts';
import { EMPTY_SERVER_COMMAND, NO_DETAILS, newMarker, type QueryDetails, queryCommand } from './query.ts';
import type { Identity } from './run-program.ts';

/** What one query of a server gave, and what tmux said. */
export type QueryResult =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly said: 'answered' }
  | { readonly kind: 'failure'; readonly failure: Failure; readonly said: Saying };

/** A server to be asked; `known` is its life as of the last answer. */
export interface QueryTarget {
  /** Nothing more than everybody needs by default. */
  readonly details?: QueryDetails;
  readonly socket: string;
  readonly identity: Identity | null;
  readonly known: { readonly incarnation: Incarnation; readonly version: string } | null;
}

/** Asks a server for everything with one client. */
export async function queryServer(client: TmuxClient, target: QueryTarget): Promise<QueryResult> {
  const { socket, identity, known, details = NO_DETAILS } = target;
  const marker = newMarker();
  const exit = await client(socket, queryCommand(marker, details), identity);
  if (exit.kind !== 'exited') return unfinished(exit);
  const said = exit.code === 0 ? 'answered' : sayingOf({ socket, stderr: exit.stderr });
  if (said === 'no_target' && exit.stdout === '' && known) return queryEmptyServer(client, target);
  if (said !== 'answered' && said !== 'no_target')
    return failed(said, REASON_OF[said], complaint(exit.stderr, exit.code));
  const parsed = parseQuery(exit.stdout, marker);
  if (parsed.kind === 'garbled') return failed('garbled', 'parse', `its answer does not parse: ${parsed.message}`);
  return { kind: 'snapshot', snapshot: parsed.snapshot, said: 'answered' };
}

/** Before 3.2 a server without sessions cannot even tell its pid: that it lists no session is all it says, and enough for a life already known. */
async function queryEmptyServer(client: TmuxClient, { socket, identity, known }: QueryTarget): Promise<QueryResult> {
  const exit = await client(socket, EMPTY_SERVER_COMMAND, identity);
  if (exit.kind !== 'exited') return unfinished(exit);
  if (exit.code !== 0 || exit.stdout !== '' || !known) {
    return failed('other', 'protocol', complaint(exit.stderr, exit.code));
  }
  const nothing = { sessions: [], windows: [], panes: [], clients: { tty: 0, control: 0 }, attachedClients: [] };
  const snapshot = { ...known, ...nothing };
  return { kind: 'snapshot', snapshot, said: 'answered' };
}

const REASON_OF: Readonly<Record<Saying, FailureReason>> = {
  answered: 'protocol',
  no_server: 'refused',
  no_socket: 'no_socket',
  lost_server: 'version_mismatch',
  permission: 'permission',
  protocol_mismatch: 'version_mismatch',
  no_target: 'protocol',
  timeout: 'timeout',
  garbled: 'parse',
  not_started: 'spawn',
  other: 'protocol',
  not_asked: 'protocol',
};

function unfinished(exit: Exclude<ClientExit, { kind: 'exited' }>): QueryResult {
  switch (exit.kind) {
    case 'timeout':
      return failed('timeout', 'timeout', 'it accepted the connection and did not answer in time (poll.timeout)');
    case 'not_started':
      return failed('not_started', 'spawn', exit.message);
    case 'overflow':
      return failed('garbled', 'parse', 'its answer is larger than any tmux server can have reason to give');
    case 'killed':
      return failed('other', 'protocol', `the tmux client was killed by ${exit.signal}`);
  }
}

function complaint(stderr: string, code: number): string {
  return `tmux said ${JSON.stringify(stderr.trim().slice(0, 200))} and ended with ${code}`;
}

function failed(said: Saying, reason: FailureReason, message: string): QueryResult {
  return { kind: 'failure', failure: { reason, message }, said };
}
