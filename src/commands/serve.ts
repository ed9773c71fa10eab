import type { Command } from 'commander';
import { missingRequirements } from '../app/requirements/requirements.ts';
import { App } from '../app.ts';
import { formatProblems } from '../config/problem.ts';
import { DEFAULT_URL } from '../core/exporter-url.ts';
import { createCommandRunner } from '../proc/command/command-runner.ts';
import { reportReady } from '../proc/systemd/readiness.ts';
import { type LoadedConfiguration, loadConfiguration, readConfiguration } from './configuration.ts';
import { openLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `serve`: runs the daemon until a signal ends it. Throws a `StartRefusal` if it cannot start. */
export async function runServe(command: Command, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  const loaded = await readConfiguration(command, terminal);
  const { config, file } = loaded;
  const { log, dropped, configure, finish } = await openLog(config.log, terminal);
  if (file !== null) log.info({ file }, `configuration: ${file}`);
  const reportMissing = async (configuration: LoadedConfiguration) => {
    try {
      for (const problem of await missingRequirements({ ...configuration, environment })) log.warn({}, problem);
    } catch (error) {
      log.error({ err: error }, 'the requirements could not be checked');
    }
  };
  const app = new App({
    config,
    environment,
    log,
    configureLog: configure,
    droppedLogLines: dropped,
    readConfig: async () => {
      const result = await loadConfiguration(command, terminal);
      if (result.kind === 'invalid') return { kind: 'invalid', message: formatProblems(result.problems) };
      void reportMissing(result);
      return result;
    },
  });
  const ended = endOf(terminal, () => void app.reload());
  stopInOrder(app, terminal);
  try {
    const url = await app.start();
    if (!(await reportToManager(terminal)))
      log.warn(
        {},
        'systemd waits to hear that the exporter is ready, and systemd-notify failed: set Type=exec in its unit',
      );
    void reportMissing(loaded).then(() => log.info({}, nextStep(url, terminal)));
  } catch (error) {
    await app.stop();
    throw error;
  }
  log.info({}, `${await ended}: shutting down`);
  await app.stop();
  await finish();
  return EXIT.fine;
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

/** Lets go of all servers when a person stops the daemon with Ctrl-Z: SIGTSTP can be caught, SIGSTOP cannot. */
function stopInOrder(app: App, { onSignal, environment }: Terminal): void {
  let isStopping = false;
  onSignal('SIGTSTP', async () => {
    if (isStopping) return;
    isStopping = true;
    await app.suspend();
    environment.signal(environment.pid, 'SIGSTOP');
  });
  onSignal('SIGCONT', () => {
    if (!isStopping) return;
    isStopping = false;
    app.resume();
  });
}

/** Suggests a next step, as a command to paste. */
function nextStep(url: string, { env }: Terminal): string {
  const program = env['npm_lifecycle_event'] === 'start' ? 'npm start --silent --' : 'tmux-exporter';
  const flag = url === DEFAULT_URL ? '' : ` --url ${url}`;
  const page = url.startsWith('unix:') ? '' : `, or open ${url}/`;
  return `try next: ${program} watch${flag}, in another terminal${page}`;
}

/** Delay before a hangup ends the daemon. Its terminal may be a pane of a watched server, whose death is to be reported first. */
const HANGUP_GRACE_MS = 500;

/** Waits for the first signal that ends the daemon. SIGHUP ends it if the terminal is gone, because the kernel sent it; every other SIGHUP asks for a reload. */
function endOf({ onSignal, hasHungUp }: Terminal, reload: () => void): Promise<string> {
  return new Promise((resolve) => {
    onSignal('SIGINT', () => resolve('SIGINT'));
    onSignal('SIGTERM', () => resolve('SIGTERM'));
    onSignal('SIGHUP', () => {
      if (hasHungUp()) setTimeout(resolve, HANGUP_GRACE_MS, 'its terminal was closed');
      else reload();
    });
  });
}
