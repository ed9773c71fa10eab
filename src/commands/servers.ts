import type { Command } from 'commander';
import { isServerName, NAME_RULE } from '../core/model/name.ts';
import { isSocketPath, SOCKET_RULE } from '../core/model/socket-path.ts';
import type { ApiClient } from './api-client.ts';
import { apiCommandsOf, isNotFound } from './api-command.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A server in the list of the API. */
interface ListedServer {
  readonly name: string;
  readonly state: string;
  readonly registration: string;
  readonly socket: string;
  readonly sessions: number | null;
  readonly windows: number | null;
  readonly panes: number | null;
}

/** Adds `servers list|add|remove`, for a running exporter. */
export function addServersCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const servers = program.command('servers').description('list, add and remove the servers of a running exporter');
  const add = apiCommandsOf(servers, terminal, setExitCode);
  add('list', 'list the registered servers', listServers);
  add('add <name> <socket>', 'register the server of a socket (an absolute path) under a name', addServer);
  add('remove <name>', 'deregister a server and forget its deaths', removeServer);
}

async function listServers(api: ApiClient): Promise<string> {
  const { servers } = (await api('GET', 'servers').catch((error) => refuseHub(api, error))) as {
    servers: ListedServer[];
  };
  if (servers.length === 0) return 'No server is registered.\n';
  const count = (value: number | null) => (value === null ? '-' : String(value));
  const rows = servers.map(({ name, state, registration, sessions, windows, panes, socket }) => {
    return [name, state, registration, count(sessions), count(windows), count(panes), socket];
  });
  return table([['NAME', 'STATE', 'REGISTRATION', 'SESSIONS', 'WINDOWS', 'PANES', 'SOCKET'], ...rows]);
}

async function addServer(api: ApiClient, name = '', socket = ''): Promise<string> {
  const path = `servers/${encodeURIComponent(readName(name))}`;
  await api('PUT', path, { socket: readSocket(socket) });
  return `${name} is registered.\n`;
}

async function removeServer(api: ApiClient, name = ''): Promise<string> {
  await api('DELETE', `servers/${encodeURIComponent(readName(name))}`);
  return `${name} is deregistered.\n`;
}

/** Throws the error of a list of servers, or the better advice if a hub gave it: a hub has none of its own. */
async function refuseHub(api: ApiClient, error: unknown): Promise<never> {
  const isHub = isNotFound(error) && (await api('GET', 'hosts').catch(() => null)) !== null;
  if (!isHub) throw error;
  throw new UsageError('servers: expected an exporter, found the hub of a fleet: use "tmux-exporter hosts"');
}

/** Returns the name of a server. Throws a {@link UsageError} if it is invalid. */
function readName(text: string): string {
  if (isServerName(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is not a server name: expected ${NAME_RULE}`);
}

function readSocket(text: string): string {
  if (isSocketPath(text)) return text;
  throw new UsageError(`socket: expected ${SOCKET_RULE}, found ${JSON.stringify(text)}`);
}
