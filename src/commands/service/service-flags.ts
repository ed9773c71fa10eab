import { Command, CommanderError } from 'commander';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { createWatchCommand, readWatchOptions } from '../watch/watch-options.ts';
import type { Service } from './unit.ts';

/** The command that a service runs, after it has read its flags. */
export interface CheckedCommand {
  readonly command: Command;
  /** How many exporters it follows; 0 for a daemon. */
  readonly exporters: number;
}

/** Checks the flags of a service as its command would. Rejects with the error of that command: a {@link UsageError}, or one of commander. `like` is a command that reports in the same way. */
export async function checkFlags(
  service: Service,
  flags: readonly string[],
  like: Command,
  terminal: Terminal,
): Promise<CheckedCommand> {
  if (service !== 'watch') return { command: await checkConfigFlags(service, flags, like), exporters: 0 };
  const watch = createWatchCommand();
  await parse(watch, flags, like);
  const { exporters } = await readWatchOptions(watch, terminal);
  return { command: watch, exporters: exporters.length };
}

/** File and environment may be others when the service starts: only the values of the flags are checked. */
async function checkConfigFlags(service: Exclude<Service, 'watch'>, flags: readonly string[], like: Command) {
  const [{ addConfigFlags, HUB_SECTIONS }, { checkGiven, optionsFromFlags }, { LEAVES }, { formatProblems }] =
    await Promise.all([
      import('../../config/flags.ts'),
      import('../../config/given.ts'),
      import('../../config/schema.ts'),
      import('../../config/problem.ts'),
    ]);
  const name = service === 'daemon' ? 'serve' : 'hub';
  const command = addConfigFlags(new Command(name), service === 'hub' ? HUB_SECTIONS : null);
  await parse(command, flags, like);
  const problems = checkGiven(optionsFromFlags(LEAVES, command.opts()), LEAVES);
  if (problems.length > 0) throw new UsageError(formatProblems(problems));
  return command;
}

async function parse(command: Command, flags: readonly string[], like: Command): Promise<void> {
  command.copyInheritedSettings(like).configureOutput({ writeOut: () => {} });
  try {
    await command.parseAsync([...flags], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
    throw new UsageError(`a flag after --: expected flags that ${command.name()} runs with, found --help`);
  }
}
