import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

/** Adds `bus init` and `bus check`, which read how the bus is reached from the configuration, and `bus key`. */
export function addBusCommand(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  const bus = program.command('bus').description('prepare and check the bus that events are published to');
  const add = (name: string, description: string) =>
    bus
      .command(name)
      .description(description)
      .addOption(new Option('--config.file <path>', 'the configuration file (env TMUX_EXPORTER_CONFIG_FILE)'));
  const init = add('init', 'make the streams with the key of an operator, or show what of them is not as expected')
    .addOption(numberOption('--replicas <number>', 'how many servers hold each message', 1))
    .addOption(numberOption('--max-age <days>', 'after how many days events are dropped', 7))
    .addOption(numberOption('--max-bytes <mebibytes>', 'how much space all events may take', 4_096));
  init.action(async () => setExitCode(await (await import('./bus.ts')).runBusInit(init, terminal)));
  const check = add('check', 'show what the key of this exporter may do on the bus; nothing is stored').option(
    '--hub',
    'show what the key of a hub may do',
  );
  check.action(async () => setExitCode(await (await import('./bus.ts')).runBusCheck(check, terminal)));
  bus
    .command('key')
    .description('make a key for the bus: the seed in a new file of mode 0600, the public key on stdout')
    .argument('<file>', 'the file of the seed; if it is there, its public key is shown')
    .action(async (file: string) => setExitCode(await (await import('./bus.ts')).runBusKey(file, terminal)));
}

function numberOption(flags: string, description: string, value: number): Option {
  return new Option(flags, description).default(value).argParser((text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  });
}
