import type { Command } from 'commander';
import { type ApiClient, createApiClient } from './api-client.ts';
import { urlOf, urlOption } from './feed-options.ts';
import { table } from './table.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** One server, as the API lists it. */
interface ListedServer {
  readonly name: string;
  readonly state: string;
  readonly registration: string;
  readonly socket: string;
  readonly sessions: number | null;
  readonly windows: number | null;
  readonly panes: number | null;
}

/** Adds `servers list|add|remove`, which speak to a running daemon. */
export function addServersCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const servers = program.command('servers').description('list, add and remove the servers of a running exporter');
  const add = (usage: string, description: string, run: (api: ApiClient, ...words: string[]) => Promise<string>) => {
    const command: Command = servers.command(usage).description(description).addOption(urlOption());
    command.action(async (...given: unknown[]) => {
      const words = given.filter((word) => typeof word === 'string');
      setExitCode(await report(terminal, () => run(createApiClient(urlOf(command, terminal)), ...words)));
    });
    return command;
  };
  add('list', 'list the registered servers', listServers);
  add('add <name> <socket>', 'register the server of a socket, an absolute path, under a name', addServer);
  add('remove <name>', 'deregister a server; its deaths are forgotten', removeServer);
}

async function listServers(api: ApiClient): Promise<string> {
  const { servers } = (await api('GET', 'servers')) as { servers: ListedServer[] };
  if (servers.length === 0) return 'No server is registered.\n';
  const count = (value: number | null) => (value === null ? '-' : String(value));
  const rows = servers.map(({ name, state, registration, sessions, windows, panes, socket }) => {
    return [name, state, registration, count(sessions), count(windows), count(panes), socket];
  });
  return table([['NAME', 'STATE', 'REGISTRATION', 'SESSIONS', 'WINDOWS', 'PANES', 'SOCKET'], ...rows]);
}

async function addServer(api: ApiClient, name = '', socket = ''): Promise<string> {
  await api('PUT', `servers/${encodeURIComponent(name)}`, { socket });
  return `${name} is registered.\n`;
}

async function removeServer(api: ApiClient, name = ''): Promise<string> {
  await api('DELETE', `servers/${encodeURIComponent(name)}`);
  return `${name} is deregistered.\n`;
}

async function report({ stdout, stderr }: Terminal, run: () => Promise<string>): Promise<number> {
  try {
    stdout(await run());
    return EXIT.fine;
  } catch (error) {
    stderr(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}
