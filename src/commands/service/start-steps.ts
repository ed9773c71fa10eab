import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandEnd, RunCommand } from '../../follow/sink/own-command.ts';
import type { Terminal } from '../terminal.ts';
import type { ServiceFormat } from './unit.ts';

/** A command of the service manager. */
interface Step {
  readonly words: readonly [file: string, ...args: string[]];
  /** Whether the next step comes also if this one fails. */
  readonly mayFail: boolean;
}

/** The commands that start an installed service. If it runs already, it is started again: its former flags and Node would stay in force. */
export const START_STEPS: Readonly<
  Record<ServiceFormat, (name: string, path: string, uid: number | null) => readonly Step[]>
> = {
  systemd: (name) => [
    step('systemctl', '--user', 'daemon-reload'),
    step('systemctl', '--user', 'enable', name),
    step('systemctl', '--user', 'restart', name),
  ],
  launchd: (name, path, uid) => {
    const domain = `gui/${uid ?? 0}`;
    return [
      // It fails if the service is not loaded.
      { ...step('launchctl', 'bootout', `${domain}/${basename(name, '.plist')}`), mayFail: true },
      step('launchctl', 'bootstrap', domain, path),
    ];
  },
};

function step(...words: Step['words']): Step {
  return { words, mayFail: false };
}

/** The steps as commands to paste, one line each. */
export function linesOf(steps: readonly Step[]): string {
  return steps.map(({ words, mayFail }) => `  ${words.join(' ')}${mayFail ? ' || true' : ''}\n`).join('');
}

const STEP_TIMEOUT_MS = 60_000;

/** The exit code of `launchctl bootout` if the service has not ended yet (EINPROGRESS). It cannot be loaded again before. */
const STILL_ENDING = 36;
const MOST_TRIES = 30;
const PAUSE_MS = 1_000;

/** Printed if the first command fails that needs the user's systemd. */
const NO_SYSTEMD =
  'The systemd of your user cannot be reached. It needs a login, such as by ssh; a shell of su or sudo has none. There, run:\n';

/** Runs the steps. Gives false if one failed, and says so. */
export async function runSteps(steps: readonly Step[], { env, environment, stderr }: Terminal): Promise<boolean> {
  const { createRunCommand } = await import('../../follow/sink/own-command.ts');
  const run = createRunCommand((leader, signal) => environment.signal(-leader, signal));
  for (const { words, mayFail } of steps) {
    const end = await runStep({ words, mayFail }, env, run);
    if (mayFail || (end.kind === 'exited' && end.code === 0)) continue;
    stderr(`${words.join(' ')} failed${end.kind === 'not_started' ? `: ${end.message}` : ''}\n`);
    if (words.includes('daemon-reload')) stderr(`${NO_SYSTEMD}${linesOf(steps)}`);
    return false;
  }
  return true;
}

async function runStep({ words, mayFail }: Step, env: Terminal['env'], run: RunCommand): Promise<CommandEnd> {
  const [file, ...args] = words;
  const output = mayFail ? 'capture' : 'inherit';
  for (let tries = 1; ; tries++) {
    const end = await run({ file, args, env, stdin: null, output, timeoutMs: STEP_TIMEOUT_MS });
    const isEnding = mayFail && end.kind === 'exited' && end.code === STILL_ENDING;
    if (!isEnding || tries === MOST_TRIES) return end;
    await delay(PAUSE_MS);
  }
}
