import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { splitUrls } from '../../core/exporter-url.ts';
import { errorText } from '../../core/text.ts';
import { makeFolder } from '../../files/folder.ts';
import { variableOf } from '../access-options.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { lastingFlags, lastingVariable } from './lasting-path.ts';
import { launchdPlist } from './launchd.ts';
import { checkFlags } from './service-flags.ts';
import { linesOf, runSteps, START_STEPS } from './start-steps.ts';
import { systemdUnit } from './systemd-files.ts';
import { SERVICES, type Service, type ServiceFile, type ServiceFormat } from './unit.ts';

/** The command of each service, and the flags that it always has. */
const COMMANDS: Readonly<Record<Service, readonly [name: string, ...flags: string[]]>> = {
  daemon: ['serve'],
  hub: ['hub'],
  watch: ['watch', '--desktop', '--severity=warning'],
};

/** Variables of the shell that a service needs: the path to tmux, its sockets, our configuration and our state. */
const HANDED_ON = ['PATH', 'TMUX_TMPDIR', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'];

/** Variables that say which exporters the watch follows, and how they are reached. A URL may hold a password. */
const ACCESS = ['URL', 'CLIENT_FILE', 'TOKEN_FILE', 'USER', 'PASSWORD_FILE', 'CA_FILE', 'CERT_FILE', 'KEY_FILE'].map(
  (name) => `TMUX_EXPORTER_${name}`,
);

/** The user, and perhaps the password, in a URL. */
const LOGIN = /[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*@/i;

/** Where a password belongs that a service needs. */
const SECRET_FILES: Readonly<Record<Service, string>> = {
  daemon: 'a configuration file of mode 0600',
  hub: 'a configuration file of mode 0600',
  watch: '~/.config/tmux-exporter/client.yml, with mode 0600, and leave it out here: the service reads that file',
};

/** `service print`: writes the file of a service to stdout. */
export async function printService(command: Command, terminal: Terminal): Promise<number> {
  terminal.stdout((await fileOf(command, terminal)).text);
  return EXIT.fine;
}

/** `service install`: writes the file of a service, and starts it or prints the commands to start it. */
export async function installService(command: Command, terminal: Terminal): Promise<number> {
  const { dir, now } = command.opts<{ dir?: string; now?: true }>();
  const format = formatOf(command, terminal);
  const folder = resolve(dir ?? defaultFolder(format, terminal));
  const { name, text } = await fileOf(command, terminal);
  const path = join(folder, name);
  try {
    makeFolder(folder);
    writeFileSync(path, text, { mode: 0o644 });
  } catch (error) {
    terminal.stderr(`${path} cannot be written: ${errorText(error)}; name another folder with --dir\n`);
    return EXIT.failed;
  }
  terminal.stdout(`Wrote ${path}\n`);
  const steps = START_STEPS[format](name, path, terminal.environment.uid);
  if (now) return (await runSteps(steps, terminal)) ? EXIT.fine : EXIT.failed;
  terminal.stdout(`To start it now, or again if it runs, and at each login:\n${linesOf(steps)}`);
  if (format === 'systemd') terminal.stdout('To keep it running while you are logged out:\n  loginctl enable-linger\n');
  return EXIT.fine;
}

async function fileOf(command: Command, terminal: Terminal): Promise<ServiceFile> {
  const { service, flags } = readService(command);
  const handedOn = [...HANDED_ON, ...(service === 'watch' ? ACCESS : [])];
  refuseLogins(service, { ...valuesOf(handedOn, (variable) => terminal.env[variable]), flags: flags.join('\n') });
  const [name, ...ownFlags] = COMMANDS[service];
  const allFlags = [...ownFlags, ...flags];
  const checked = await checkFlags(service, allFlags, command, terminal);
  const isList = checked.exporters > 1 || splitUrls(terminal.env[variableOf('url')] ?? '').length > 1;
  const parts = {
    service,
    command: [...terminal.self, name, ...lastingFlags(allFlags, checked.command)],
    env: valuesOf(handedOn, (variable) => lastingVariable(variable, terminal.env[variable] ?? '', isList)),
    home: homedir(),
  };
  return formatOf(command, terminal) === 'systemd' ? systemdUnit(parts) : launchdPlist(parts);
}

/** The variables that have a value. */
function valuesOf(
  names: readonly string[],
  read: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = read(name);
      return value ? [[name, value]] : [];
    }),
  );
}

/** Throws a {@link UsageError} if a text has a URL with a login: every user can read the file of a service. */
function refuseLogins(service: Service, texts: Readonly<Record<string, string>>): void {
  const place = Object.keys(texts).find((name) => LOGIN.test(texts[name] ?? ''));
  if (place === undefined) return;
  const source = place === 'flags' ? 'a flag after --' : `environment variable ${place}`;
  throw new UsageError(
    `${source}: expected no password in a URL, because every user can read the file of a service; write the URL into ${SECRET_FILES[service]}`,
  );
}

function formatOf(command: Command, { platform }: Terminal): ServiceFormat {
  return command.opts<{ format?: ServiceFormat }>().format ?? (platform === 'darwin' ? 'launchd' : 'systemd');
}

function defaultFolder(format: ServiceFormat, { configFolders }: Terminal): string {
  const [ofUser = '/'] = configFolders;
  return format === 'launchd' ? join(homedir(), 'Library', 'LaunchAgents') : join(ofUser, 'systemd', 'user');
}

/** Reads the name of the service, and its flags; commander drops the `--` between. Throws a {@link UsageError}. */
function readService({ args }: Command): { service: Service; flags: readonly string[] } {
  const [first = 'daemon', ...flags] = args;
  if (first.startsWith('-')) return { service: 'daemon', flags: args };
  const service = SERVICES.find((name) => name === first);
  if (service === undefined)
    throw new UsageError(`service: expected one of ${SERVICES.join(', ')}, found ${JSON.stringify(first)}`);
  return { service, flags };
}
