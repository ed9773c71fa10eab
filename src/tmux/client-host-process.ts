import process from 'node:process';
import type { HostedExit, HostedRun } from './client-host.ts';
import { runProgram } from './run-program.ts';

/** The program of a `ClientHost`: it runs the clients it is told to, and ends with the daemon, however that ends: nothing keeps it then but the clients that it still has to reap. */
process.title = 'tmux-exporter: runs tmux clients';
process.on('message', async ({ id, run }: HostedRun) => {
  const exit = await runProgram(run);
  // Nobody may be there any more to be told.
  if (process.connected) process.send?.({ id, exit } satisfies HostedExit, undefined, {}, () => {});
});
// A signal for the whole group, as by Ctrl-C in a terminal, is for the daemon: it lets us go when it needs us no more.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
