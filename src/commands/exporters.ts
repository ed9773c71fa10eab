import type { Command } from 'commander';
import type { ExporterEntry } from '../config/entry/exporter-entry.ts';
import { DEFAULT_URL, hasLogin, shownUrl } from '../core/exporter-url.ts';
import { type AccessFlags, type AccessKey, type AccessOptions, CLIENT_FILE, flagOf } from './access-options.ts';
import { type ClientFileTerminal, readClientFile } from './client-file.ts';
import {
  type GivenAccess,
  givenFlags,
  readGiven,
  readUrls,
  refuseMisspeltVariables,
  urlSource,
} from './given-access.ts';
import { UsageError } from './usage-error.ts';

/** The exporters of a command. */
export interface Exporters {
  /** At least one. */
  readonly exporters: readonly AccessOptions[];
  /** The flags by which another command in the same environment reaches the same exporters. */
  readonly flags: readonly string[];
}

/** Reads how the exporters of a command are reached: flags override the environment, which overrides the client configuration file. Rejects with a {@link UsageError}. */
export async function readExporters(command: Command, terminal: ClientFileTerminal): Promise<Exporters> {
  const flags = command.opts<AccessFlags>();
  const { env } = terminal;
  const entries = await readClientFile(command, terminal);
  const urls = readUrls(flags, env);
  const named = urls ?? entries.map(({ url }) => url);
  const given = readGiven(named.length > 0 ? named : [DEFAULT_URL], flags, env);
  const fileFlags = flags.clientFile ? [`${CLIENT_FILE.flag}=${flags.clientFile}`] : [];
  return {
    exporters: given.map((one) => joined(one, entries)),
    flags: [...fileFlags, ...givenFlags(given, urls === null)],
  };
}

/** Reads how the only exporter of a command is reached. Rejects with a {@link UsageError}, also if several are given. */
export async function readExporter(command: Command, terminal: ClientFileTerminal): Promise<AccessOptions> {
  refuseMisspeltVariables(terminal.env);
  const { exporters } = await readExporters(command, terminal);
  const [first, ...others] = exporters;
  if (first !== undefined && others.length === 0) return first;
  const source = urlSource(command.opts<AccessFlags>(), terminal.env);
  throw new UsageError(`${source}: expected one exporter, found ${exporters.length}: choose one with --url`);
}

/** Completes what flags and environment say of an exporter by its entry in the file. */
function joined({ url, options }: GivenAccess, entries: readonly ExporterEntry[]): AccessOptions {
  const entry = entries.find((one) => shownUrl(one.url) === shownUrl(url));
  const { tokenFile, user, passwordFile, caFile, certFile, keyFile } = options;
  const isLoginGiven = (tokenFile ?? user ?? passwordFile) !== undefined;
  const isPairGiven = (certFile ?? keyFile) !== undefined;
  const login = isLoginGiven || (hasLogin(url) && url !== entry?.url) ? undefined : entry;
  const pair = isPairGiven ? undefined : entry;
  // A login by flags is not overruled by a token of the environment.
  const isTokenWeaker = tokenFile?.isFlag === false && (user?.isFlag || passwordFile?.isFlag) === true;
  const access: AccessOptions = {
    url: login?.url ?? (isLoginGiven ? shownUrl(url) : url),
    tokenFile: (isTokenWeaker ? null : tokenFile?.value) || login?.tokenFile || null,
    user: user?.value || login?.user || null,
    passwordFile: passwordFile?.value || login?.passwordFile || null,
    caFile: caFile === undefined ? (entry?.caFile ?? null) : caFile.value || null,
    certFile: certFile?.value || pair?.certFile || null,
    keyFile: keyFile?.value || pair?.keyFile || null,
  };
  mustBeTogether(access, 'user', 'passwordFile');
  mustBeTogether(access, 'certFile', 'keyFile');
  return access;
}

function mustBeTogether(options: AccessOptions, one: AccessKey, other: AccessKey): void {
  if ((options[one] === null) === (options[other] === null)) return;
  const [given, missing] = options[one] === null ? [other, one] : [one, other];
  throw new UsageError(`${flagOf(given)}: expected ${flagOf(missing)} with it, found none`);
}
