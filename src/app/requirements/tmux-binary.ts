import { createCommandRunner } from '../../proc/command/command-runner.ts';
import type { CheckResult, Requirement } from './requirement.ts';

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
      return [{ verdict: 'bad', subject: 'tmux', ...problem }];
    return [
      {
        verdict: 'fine',
        subject: 'tmux',
        message: 'none found, and none needed: the exporter talks to servers by itself',
      },
    ];
  },
};

type Problem = Required<Pick<CheckResult, 'message' | 'cure'>>;

function absentProblem(binary: string): Problem {
  return { message: `no tmux runs as "${binary}"`, cure: 'install tmux, or name it with --tmux.binary' };
}

/** Why what a program says of its version is not that of a tmux we can use; null if it is. */
function versionProblem(binary: string, text: string): Problem | null {
  const [, version] = /^tmux (\S+)$/.exec(text) ?? [];
  if (version === undefined)
    return {
      message: `"${binary} -V" said ${text === '' ? 'nothing' : JSON.stringify(text.slice(0, 80))}`,
      cure: 'name a tmux with --tmux.binary',
    };
  // A tmux that is built from its repository can have a version without a number, such as "master".
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return null;
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  return isOld ? { message: `"${binary}" is ${text}`, cure: `install tmux ${OLDEST.join('.')} or newer` } : null;
}
