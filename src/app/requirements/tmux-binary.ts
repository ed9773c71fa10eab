import { createCommandRunner } from '../../proc/command/command-runner.ts';
import type { Requirement } from './requirement.ts';

const OLDEST = [2, 9] as const;

/** The default of `tmux.binary`. */
const DEFAULT_NAME = 'tmux';

const VERSION_TIMEOUT_MS = 5_000;

/** A tmux that can be run. It is required if it polls all servers, or if the configuration names it. */
export const tmuxBinary: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    const { binary, client } = config.tmux;
    const { code, stdout } = await createCommandRunner({ PATH: environment.path })(binary, ['-V'], VERSION_TIMEOUT_MS);
    const found = stdout.trim();
    const problem = code === null ? absentProblem(binary) : versionProblem(binary, found);
    if (problem === null) return [{ verdict: 'fine', subject: 'tmux', message: found }];
    if (client === 'binary' || (client === 'auto' && binary !== DEFAULT_NAME))
      return [{ verdict: 'bad', subject: 'tmux', message: problem }];
    return [
      {
        verdict: 'fine',
        subject: 'tmux',
        message: 'none found, and none needed: the exporter talks to servers by itself',
      },
    ];
  },
};

function absentProblem(binary: string): string {
  return `no tmux runs as "${binary}": install tmux, or name it with --tmux.binary`;
}

/** Why the output of `-V` is not that of a usable tmux; null if it is. */
function versionProblem(binary: string, text: string): string | null {
  const [, version] = /^tmux (\S+)$/.exec(text) ?? [];
  if (version === undefined)
    return `"${binary} -V" said ${text === '' ? 'nothing' : JSON.stringify(text.slice(0, 80))}: name a tmux with --tmux.binary`;
  // A tmux built from its repository can have a version without a number, such as "master".
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return null;
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  return isOld ? `"${binary}" is ${text}: install tmux ${OLDEST.join('.')} or newer` : null;
}
