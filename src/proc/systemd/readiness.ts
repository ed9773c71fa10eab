import { ANSWER_TIMEOUT_MS, type RunCommand } from '../command/command.ts';

/** Signs of life for each time limit of the service manager: a single one may be late or lost. */
const SIGNS_PER_LIMIT = 3;

/** What is needed to reach a service manager. */
export interface ReadinessOptions {
  /** The environment variables by which it says what it waits for (sd_notify(3), sd_watchdog_enabled(3)). */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Our own pid. */
  readonly pid: number;
  readonly run: RunCommand;
  /** Calls back again and again. */
  readonly repeat: (action: () => void, everyMs: number) => void;
}

/** Reports to the service manager that the daemon is ready and, from then on, that it is alive. Gives false if the report failed, true also if nobody waits for one.
 *
 * Node has no datagram sockets of the Unix kind, so systemd's own program sends the message. */
export async function reportReady({ variables, pid, run, repeat }: ReadinessOptions): Promise<boolean> {
  if (!variables['NOTIFY_SOCKET']) return true;
  const limitMs = watchdogMs(variables, pid);
  const send = async () => (await run('systemd-notify', SIGN_OF_LIFE, ANSWER_TIMEOUT_MS)).code === 0;
  if (limitMs !== null) repeat(() => void send(), limitMs / SIGNS_PER_LIMIT);
  return send();
}

/** READY=1 changes nothing for one that is ready, and makes up for a first report that was lost. */
const SIGN_OF_LIFE = ['READY=1', 'WATCHDOG=1'];

/** After how long without a sign of life the service manager ends us; null if it does not. */
function watchdogMs(variables: ReadinessOptions['variables'], pid: number): number | null {
  const { WATCHDOG_USEC: limit, WATCHDOG_PID: watched } = variables;
  const isOurs = watched === undefined || Number(watched) === pid;
  const microseconds = Number(limit);
  return isOurs && microseconds > 0 ? microseconds / 1000 : null;
}
