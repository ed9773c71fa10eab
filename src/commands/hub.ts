import type { Command } from 'commander';
import { HubApp } from '../app/hub/hub-app.ts';
import { missingForHub } from '../app/requirements/requirements.ts';
import { compileForHub } from './compiler.ts';
import { nextStep, runDaemon } from './daemon.ts';
import { hubProblem } from './hub-problem.ts';
import type { Terminal } from './terminal.ts';

/** `hub`: serves the events of a fleet until a signal ends it. Throws a `StartRefusal` if it cannot start. */
export function runHub(command: Command, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  return runDaemon(command, terminal, {
    create: (options) => {
      compileForHub();
      return new HubApp(options);
    },
    problemOf: hubProblem,
    missing: (configuration) => missingForHub({ ...configuration, environment }),
    nextStep: (url) => nextStep(url, terminal, ' --scope fleet'),
  });
}
