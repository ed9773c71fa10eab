import type { Command } from 'commander';
import type { Daemon, DaemonOptions } from '../app/daemon.ts';
import type { ConfigReading } from '../app/reloader.ts';
import { unusedSockets } from '../app/web/systemd-socket.ts';
import { formatProblems } from '../config/problem.ts';
import { DEFAULT_URL } from '../core/exporter-url.ts';
import { createCommandRunner } from '../proc/command/command-runner.ts';
import { reportReady } from '../proc/systemd/readiness.ts';
import { fileProblem, type LoadedConfiguration, loadConfiguration, readConfiguration } from './configuration.ts';
import { hangupCheck, isStartedByNohup } from './hangup.ts';
import { openLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The daemon that a command runs. */
export interface DaemonParts {
  readonly create: (options: DaemonOptions) => Daemon;
  /** Why a configuration cannot be used by this daemon although each value is valid; null if it can. */
  readonly problemOf: (configuration: LoadedConfiguration) => string | null;
  /** What keeps it from doing all its work, but not from starting: one line each. */
  readonly missing: (configuration: LoadedConfiguration) => Promise<readonly string[]>;
  /** What a person may do next, given the URL. */
  readonly nextStep: (url: string) => string;
}

/** Runs a daemon until a signal ends it. Throws a `StartRefusal` if it cannot start, and a {@link UsageError} if its configuration cannot be used. */
export async function runDaemon(command: Command, terminal: Terminal, parts: DaemonParts): Promise<number> {
  const { environment } = terminal;
  const loaded = await readConfiguration(command, terminal);
  const problem = parts.problemOf(loaded) ?? unusedSockets(loaded.config.web.systemdSocket, environment);
  if (problem !== null) throw new UsageError(problem);
  const { config } = loaded;
  let { file } = loaded;
  const { log, dropped, configure, finish } = await openLog(config.log, terminal);
  const logFile = () => {
    if (file !== null) log.info({ file }, `configuration: ${file}`);
  };
  logFile();
  const reportMissing = async (configuration: LoadedConfiguration) => {
    try {
      for (const line of await parts.missing(configuration)) log.warn({}, line);
    } catch (error) {
      log.error({ err: error }, 'the requirements could not be checked');
    }
  };
  const readConfig = async (): Promise<ConfigReading> => {
    const result = await loadConfiguration(command, terminal);
    if (result.kind === 'invalid') return { kind: 'invalid', message: formatProblems(result.problems) };
    const message = fileProblem(file, result) ?? parts.problemOf(result);
    if (message !== null) return { kind: 'invalid', message };
    if (file !== result.file) {
      file = result.file;
      logFile();
    }
    void reportMissing(result);
    return result;
  };
  const options = { config, environment, log, configureLog: configure, droppedLogLines: dropped, readConfig };
  const daemon = parts.create(options);
  const { ended, endedAgain } = endOf(terminal, () => void daemon.reload());
  let isEnding = false;
  const start = async () => {
    const url = await daemon.start();
    if (isEnding) return;
    if (!(await reportToManager(terminal)))
      log.warn(
        {},
        'systemd waits to hear that the exporter is ready, and systemd-notify failed: set Type=exec in its unit',
      );
    void reportMissing(loaded).then(() => log.info({}, parts.nextStep(url)));
  };
  try {
    await Promise.race([start(), ended]);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  log.info({}, `${await ended}: shutting down`);
  isEnding = true;
  const isDone = await Promise.race([daemon.stop().then(() => true), endedAgain.then(() => false)]);
  if (!isDone) log.warn({}, 'a second signal: ending at once');
  await finish();
  return isDone ? EXIT.fine : EXIT.failed;
}

/** Suggests to follow the daemon, as a command to paste. `flags` are those of the command, each after a space. */
export function nextStep(url: string, { env }: Terminal, flags = ''): string {
  const program = env['npm_lifecycle_event'] === 'start' ? 'npm start --silent --' : 'tmux-exporter';
  const place = url === DEFAULT_URL ? '' : ` --url ${url}`;
  const page = url.startsWith('unix:') ? '' : `, or open ${url}/`;
  return `try next: ${program} watch${flags}${place}, in another terminal${page}`;
}

/** Lets the service manager that started us know that we are ready. Gives false if that failed. */
function reportToManager({ environment, pid }: Terminal): Promise<boolean> {
  const { path, variables } = environment;
  return reportReady({
    variables,
    pid,
    run: createCommandRunner({ PATH: `${path}:/usr/bin:/bin`, NOTIFY_SOCKET: variables['NOTIFY_SOCKET'] ?? '' }),
    repeat: (action, everyMs) => setInterval(action, everyMs).unref(),
  });
}

/** Delay before a hangup ends the daemon. Its terminal may be a pane of a watched server, whose death is to be reported first. */
const HANGUP_GRACE_MS = 500;

/** A second signal within this time counts as the first: npm repeats the SIGINT that Ctrl-C has already sent to the whole group. */
const SAME_SIGNAL_MS = 1_000;

/** When a signal ends the daemon. */
interface End {
  /** Settles with the reason at the first signal. */
  readonly ended: Promise<string>;
  /** Settles at the second signal: a person does not want to wait for the end. */
  readonly endedAgain: Promise<void>;
}

/** Takes the signals that end the daemon. SIGHUP ends it if its terminal was closed and nohup did not start it; every other SIGHUP asks for a reload. */
function endOf(terminal: Terminal, reload: () => void): End {
  const { onSignal, environment } = terminal;
  const hasHungUp = isStartedByNohup(terminal) ? () => false : hangupCheck(terminal);
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<void>();
  let endedAt: number | null = null;
  const end = (reason: string) => {
    const now = environment.monotonicMs();
    endedAt ??= now;
    first.resolve(reason);
    if (now - endedAt >= SAME_SIGNAL_MS) second.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) onSignal(signal, () => end(signal));
  onSignal('SIGHUP', () => {
    if (hasHungUp()) setTimeout(end, HANGUP_GRACE_MS, 'its terminal was closed');
    else reload();
  });
  return { ended: first.promise, endedAgain: second.promise };
}
