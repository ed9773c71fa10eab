import { Command, CommanderError } from 'commander';
import { StartRefusal } from '../app/start-refusal.ts';
import { addConfigFlags } from '../config/flags.ts';
import { runCheck } from './check.ts';
import { BadConfiguration } from './configuration.ts';
import { runOnce } from './once.ts';
import { runServe } from './serve.ts';
import { addServersCommand } from './servers.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Runs the command line and gives the exit code: 0 fine, 1 failed, 2 bad usage or configuration. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (!(error instanceof BadConfiguration || error instanceof StartRefusal)) throw error;
    terminal.stderr(`${error.message}\n`);
    return error instanceof StartRefusal ? EXIT.failed : EXIT.usage;
  }
}

type Run = (command: Command, terminal: Terminal) => Promise<number>;

function createProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command('tmux-exporter')
    .description(
      'Know at once that a tmux server died, why, and what was in it; and see everything tmux in Prometheus.',
    )
    .version(terminal.environment.version, '-V, --version', 'show the version and end')
    .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr })
    .exitOverride();
  const add = (command: Command, run: Run) => {
    command.copyInheritedSettings(program).action(async () => setExitCode(await run(command, terminal)));
    program.addCommand(command, { isDefault: command.name() === 'serve' });
  };
  add(configured('serve', 'poll tmux servers and serve metrics, feed and API (the default command)'), runServe);
  add(configured('once', 'poll once and write the metrics to stdout'), runOnce);
  add(configured('check', 'check the configuration and the machine, and say what to mend'), runCheck);
  addServersCommand(program, terminal, setExitCode);
  return program;
}

function configured(name: string, description: string): Command {
  return addConfigFlags(new Command(name).description(description));
}
