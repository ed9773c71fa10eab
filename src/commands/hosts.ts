import type { Command } from 'commander';
import { asNumber, asObject, asText, type JsonObject } from '../core/json.ts';
import { printableJson, spanText } from '../core/text.ts';
import type { ApiClient } from './api-client.ts';
import { apiCommandsOf, isNotFound } from './api-command.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Adds `hosts`, for the hub of a fleet. */
export function addHostsCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const add = apiCommandsOf(program, terminal, setExitCode);
  const command: Command = add('hosts', 'list the exporters of a fleet, as a hub knows them', (api) =>
    listHosts(api, command.opts<{ json?: true }>().json ?? false),
  ).option('--json', 'write them as JSON');
}

async function listHosts(api: ApiClient, isJson: boolean): Promise<string> {
  const answer = asObject(await api('GET', 'hosts').catch(refuseExporter));
  const hosts = answer?.['hosts'];
  if (!Array.isArray(hosts)) throw new Error('expected a list of hosts, found another answer: is it a hub?');
  if (isJson) return `${printableJson(JSON.stringify(answer))}\n`;
  if (hosts.length === 0) return 'No exporter has reported itself to the bus.\n';
  const now = Date.now();
  const rows = hosts.map((host: unknown) => rowOf(asObject(host) ?? {}, now));
  return table([['NAME', 'STATE', 'UP', 'GONE', 'OTHER', 'LAST SEEN', 'BEHIND', 'HOST'], ...rows]);
}

function refuseExporter(error: unknown): never {
  if (!isNotFound(error)) throw error;
  throw new UsageError('hosts: expected the hub of a fleet, found an exporter without one: name a hub with --url');
}

function rowOf(fields: JsonObject, now: number): string[] {
  const text = (key: string) => asText(fields[key]) ?? '-';
  const lastSeen = agoText(asText(fields['last_seen']), now);
  const behind = String(asNumber(fields['behind']) ?? '-');
  return [text('name'), text('state'), ...countsOf(asObject(fields['counts'])), lastSeen, behind, text('host')];
}

/** How many servers are up, gone and otherwise. */
function countsOf(counts: JsonObject | null): string[] {
  if (counts === null) return ['-', '-', '-'];
  const { up = 0, gone = 0, ...others } = counts;
  const other = Object.values(others).reduce((sum: number, count) => sum + (asNumber(count) ?? 0), 0);
  return [asNumber(up), asNumber(gone), other].map((count) => String(count ?? '-'));
}

function agoText(time: string | null, now: number): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '-' : `${spanText((now - at) / 1_000)} ago`;
}
