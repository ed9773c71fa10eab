import { binaryAccess } from './binary/binary-access.ts';
import { type BinaryEnd, clientEnvironment, runTmuxBinary } from './binary/binary-client.ts';
import { probeSocket } from './probe.ts';
import { type CommandEnd, createProtocolClient } from './protocol/client.ts';
import { SPEAKS_PROTOCOL } from './protocol/frame.ts';
import type { HeldSocket, OwnUid } from './protocol/held-socket.ts';
import type { Ask } from './query/server-query.ts';

/** Which client asks the servers: our own, the tmux binary, or (`auto`) our own, and the binary for servers that speak another version of the protocol. */
export type ClientChoice = 'auto' | 'protocol' | 'binary';

/** Options of {@link createAsking}. */
export interface AskingOptions {
  readonly client: ClientChoice;
  /** Name or path of the tmux binary. */
  readonly binary: string;
  /** Our own environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly timeoutMs: number;
  /** The executable of the server of a user that listens on a path, such as `/proc/42/exe`: this client speaks the server's version. Null if it is not known. It is run as that user. */
  readonly executableOf: (socket: string, uid: number) => string | null;
  /** Called before a tmux client is started for a socket: such a server cannot be watched. */
  readonly onBinary?: (socket: string) => void;
  /** Called after each command, with how it ended; not called if nothing listens on the socket. */
  readonly onCommand?: (command: string, end: CommandEnd | BinaryEnd) => void;
}

/** Returns a function that asks the server of one socket, until `signal` aborts it. */
export type Asking = (socket: string, held: HeldSocket, signal?: AbortSignal) => Ask;

/** Creates the only function that asks servers. It uses our own client, and a tmux client only if the server speaks another version of the protocol. */
export function createAsking(options: AskingOptions): Asking {
  const { client, pid, timeoutMs, onCommand } = options;
  const run = createProtocolClient({ pid, timeoutMs });
  return (socket, held, signal) => {
    let needsBinary = client === 'binary' || (client === 'auto' && !SPEAKS_PROTOCOL);
    return async (command) => {
      let end: CommandEnd | BinaryEnd | null = needsBinary ? null : await run(held.path, command, signal);
      if (end === null || (end.kind === 'other_version' && client === 'auto')) {
        needsBinary = true;
        end = await runBinary(options, socket, held, command, signal);
      }
      if (end.kind !== 'not_connected') onCommand?.(command[0] ?? '', end);
      return end;
    };
  };
}

async function runBinary(
  { binary, variables, ownUid, timeoutMs, executableOf, onBinary }: AskingOptions,
  socket: string,
  held: HeldSocket,
  command: readonly string[],
  signal: AbortSignal | undefined,
): Promise<CommandEnd | BinaryEnd> {
  const connect = await probeSocket(held.path);
  if (connect !== 'accepted') return { kind: 'not_connected', connect };
  onBinary?.(socket);
  const access = await binaryAccess(socket, held, ownUid);
  if (access.kind === 'refused') return { kind: 'not_started', message: access.message };
  const { identity } = access;
  // A client that runs as another user has no use for our environment.
  const environment = identity === null ? clientEnvironment(variables) : { PATH: variables['PATH'] ?? '/usr/bin:/bin' };
  const run = { socket: access.socket, command, identity, environment, timeoutMs, signal };
  const matching = executableOf(socket, held.uid);
  const end = matching === null ? null : await runTmuxBinary({ ...run, binary: matching });
  return end === null || end.kind === 'not_started' ? runTmuxBinary({ ...run, binary }) : end;
}
