import { type Command, Option } from 'commander';
import type { Terminal } from '../terminal.ts';
import { FORMATS } from './unit.ts';

const HELP = `
Flags after -- become flags of the service:
  tmux-exporter service install daemon -- --web.listen-address 127.0.0.1:8690`;

/** Adds `service print|install`, which start the daemon, a hub, or notices on the desktop, at login. */
export function addServiceCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const service = program
    .command('service')
    .description('start the daemon, a hub, or notices on the desktop, at login');
  const add = (name: string, description: string, load: () => Promise<RunService>) => {
    const command: Command = service.command(name).description(description);
    return command
      .argument('[service]', 'daemon; hub: the events of a fleet; or watch: notices on the desktop (default: daemon)')
      .argument('[flags...]', 'flags for the service, after --')
      .addOption(new Option('--format <manager>', 'service manager (default: the one of this system)').choices(FORMATS))
      .addHelpText('after', HELP)
      .action(async () => setExitCode(await (await load())(command, terminal)));
  };
  add('print', 'print the file of a service', async () => (await import('./service.ts')).printService);
  add(
    'install',
    "write the file of a service into the folder of your user's service manager",
    async () => (await import('./service.ts')).installService,
  )
    .option('--dir <folder>', 'write it to another folder')
    .option('--now', 'start it now, or again if it runs, and at each login');
}

type RunService = (command: Command, terminal: Terminal) => Promise<number>;
