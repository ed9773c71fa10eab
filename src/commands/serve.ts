import type { Command } from 'commander';
import { App } from '../app.ts';
import { formatProblems } from '../config/problem.ts';
import { loadConfiguration, readConfiguration } from './configuration.ts';
import { createLog } from './log.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `serve`: runs the daemon until a signal ends it. Throws a `StartRefusal` where it cannot start. */
export async function runServe(command: Command, terminal: Terminal): Promise<number> {
  const { config, file } = readConfiguration(command, terminal);
  const log = createLog(config.log, terminal.isInteractive);
  if (file !== null) log.info({ file }, `configuration: ${file}`);
  const app = new App({
    config,
    environment: terminal.environment,
    log,
    readConfig: () => {
      const result = loadConfiguration(command, terminal);
      return result.kind === 'loaded' ? result : { kind: 'invalid', message: formatProblems(result.problems) };
    },
  });
  const ended = endOf(terminal);
  terminal.onSignal('SIGHUP', () => void app.reload());
  stopInOrder(app, terminal);
  try {
    await app.start();
  } catch (error) {
    await app.stop();
    throw error;
  }
  log.info({}, `${await ended}: shutting down`);
  await app.stop();
  return EXIT.fine;
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

/** The first signal that asks for the end. */
function endOf({ onSignal }: Terminal): Promise<string> {
  return new Promise((resolve) => {
    onSignal('SIGINT', () => resolve('SIGINT'));
    onSignal('SIGTERM', () => resolve('SIGTERM'));
  });
}
