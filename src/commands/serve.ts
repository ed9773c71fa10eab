import type { Command } from 'commander';
import type { DaemonOptions } from '../app/daemon.ts';
import { missingRequirements } from '../app/requirements/requirements.ts';
import { App } from '../app.ts';
import { compileForHub } from './compiler.ts';
import { nextStep, runDaemon } from './daemon.ts';
import type { Terminal } from './terminal.ts';

/** `serve`: runs the exporter until a signal ends it. Throws a `StartRefusal` if it cannot start. */
export function runServe(command: Command, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  return runDaemon(command, terminal, {
    create: (options) => createApp(options, terminal),
    problemOf: () => null,
    missing: (configuration) => missingRequirements({ ...configuration, environment }),
    nextStep: (url) => nextStep(url, terminal),
  });
}

/** The daemon lets go of all servers when a person stops it with Ctrl-Z: SIGTSTP can be caught, SIGSTOP cannot. */
function createApp(options: DaemonOptions, { onSignal, environment }: Terminal): App {
  if (options.config.hub.enabled) compileForHub();
  const app = new App(options);
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
  return app;
}
