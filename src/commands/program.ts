import { Command, CommanderError } from 'commander';
import { ConfigurationRefusal, StartRefusal } from '../app/start-refusal.ts';
import { printableLines } from '../core/text.ts';
import { addBusCommand } from './bus/bus-options.ts';
import { HELP_LAYOUT } from './help.ts';
import { addHostsCommand } from './hosts.ts';
import { addServersCommand } from './servers.ts';
import { addServiceCommand } from './service/service-options.ts';
import { createCompletionCommand, createShellFollowCommand, createShellInitCommand } from './shell/shell-options.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { refuseMisspeltFlag, refuseUnknownCommand, refuseWords } from './unknown-command.ts';
import { UsageError } from './usage-error.ts';
import { createWatchCommand } from './watch/watch-options.ts';
import { addWebhookCommand } from './webhook/webhook.ts';

/** Runs the command line and returns the exit code: 0 fine, 1 failed, 2 wrong usage or invalid configuration. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = createProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    const words = withoutHelpWord(argv);
    refuseUnknownCommand(words[0], program.commands);
    refuseMisspeltFlag(words[0], program);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (!(error instanceof UsageError || error instanceof StartRefusal)) throw error;
    terminal.stderr(`${printableLines(error.message)}\n`);
    return error instanceof UsageError || error instanceof ConfigurationRefusal ? EXIT.usage : EXIT.failed;
  }
}

/** Loads the function that runs a command. Loading late keeps the code of the daemon out of commands that start with every shell. */
type LoadRun = () => Promise<(command: Command, terminal: Terminal) => Promise<number>>;

function createProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command('tmux-exporter')
    .description(
      'Learn within milliseconds that a tmux server died, why, and what was running in it; and see all tmux servers in Prometheus.',
    )
    .version(terminal.environment.version, '-V, --version', 'show the version and exit')
    .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr })
    .configureHelp(HELP_LAYOUT)
    .enablePositionalOptions()
    .exitOverride();
  /** The commands that have flags for options, each with the sections of these options. */
  const configured = new Map<Command, ConfigSections>();
  const add = (command: Command, load: LoadRun, hidden = false) => {
    const isDefault = command.name() === 'serve';
    command.copyInheritedSettings(program).allowExcessArguments(isDefault);
    command.action(async () => {
      if (isDefault) refuseWords(command.args, program.commands);
      setExitCode(await (await load())(command, terminal));
    });
    program.addCommand(command, { isDefault, hidden });
    return command;
  };
  const addConfigured = (name: string, description: string, load: LoadRun, sections: ConfigSections = 'all') => {
    const command = add(new Command(name).description(description), load);
    configured.set(command, sections);
    return command;
  };
  program.hook('preSubcommand', async (_, command) => {
    const sections = configured.get(command);
    if (sections) await addFlags(command, sections);
  });
  const served = 'poll tmux servers and serve metrics, feed and API (the default command)';
  const defaultCommand = addConfigured('serve', served, async () => (await import('./serve.ts')).runServe);
  const polled = 'poll once and write the metrics to stdout';
  addConfigured('once', polled, async () => (await import('./once.ts')).runOnce);
  const checked = 'check the configuration and the machine, and suggest fixes';
  addConfigured('check', checked, async () => (await import('./check.ts')).runCheck)
    .option('--hub', 'check what the command hub needs, instead of what this machine needs')
    .option('--json', 'write what was found as JSON');
  const hub = 'serve the events of a fleet, which it reads from the bus: no tmux is needed';
  addConfigured('hub', hub, async () => (await import('./hub.ts')).runHub, 'hub');
  add(createWatchCommand(), async () => (await import('./watch/watch.ts')).runWatch);
  add(createShellInitCommand(), async () => (await import('./shell/shell-init.ts')).runShellInit);
  add(createShellFollowCommand(), async () => (await import('./shell/shell-follow.ts')).runShellFollow, true);
  const withAllFlags = async () => {
    for (const [command, sections] of configured) await addFlags(command, sections);
    return { program, defaultCommand };
  };
  add(createCompletionCommand(), async () => {
    const { printCompletion } = await import('./completion/completion.ts');
    const commands = await withAllFlags();
    return async (command) => printCompletion(command, commands, terminal);
  });
  const manual = new Command('manual').description('print the manual page, as man(1) reads it');
  add(manual, async () => {
    const { printManual } = await import('./completion/completion.ts');
    const commands = await withAllFlags();
    return async () => printManual(commands, terminal);
  });
  addServiceCommand(program, terminal, setExitCode);
  addServersCommand(program, terminal, setExitCode);
  addHostsCommand(program, terminal, setExitCode);
  addWebhookCommand(program, terminal, setExitCode);
  addBusCommand(program, terminal, setExitCode);
  return program;
}

/** The sections of the configuration that a command uses. */
type ConfigSections = 'all' | 'hub';

async function addFlags(command: Command, sections: ConfigSections): Promise<void> {
  const { addConfigFlags, HUB_SECTIONS } = await import('../config/flags.ts');
  addConfigFlags(command, sections === 'hub' ? HUB_SECTIONS : null);
}

/** Turns `help NAME` into `NAME --help`, which loads the flags of the command. */
function withoutHelpWord(argv: readonly string[]): readonly string[] {
  const [first, name, ...rest] = argv;
  return first === 'help' && name !== undefined ? [name, ...rest, '--help'] : argv;
}
