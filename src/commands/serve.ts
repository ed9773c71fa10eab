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

function createApp(options: DaemonOptions, terminal: Terminal): App {
  if (options.config.hub.enabled) compileForHub();
  const app = new App(options);
  suspendOnSignal(app, terminal);
  return app;
}

/** Maximum time from a SIGTSTP to the stop: another thread of the process may take the signal. */
const LONGEST_STOP_MS = 100;

/** The daemon lets go of all servers when a person stops it with Ctrl-Z: SIGTSTP can be caught, SIGSTOP cannot. */
function suspendOnSignal(app: App, { onSignal, environment }: Terminal): void {
  let isStopping = false;
  const suspend = async () => {
    if (isStopping) return;
    isStopping = true;
    await app.suspend();
    if (!isStopping) return;
    // By default the kernel stops the process, unless no shell could continue it, as under `ssh -t host tmux-exporter`.
    ignore();
    environment.signal(environment.pid, 'SIGTSTP');
    setTimeout(resume, LONGEST_STOP_MS);
  };
  const resume = () => {
    if (!isStopping) return;
    isStopping = false;
    ignore();
    ignore = onSignal('SIGTSTP', suspend);
    app.resume();
  };
  let ignore = onSignal('SIGTSTP', suspend);
  onSignal('SIGCONT', resume);
}
