import type { Command } from 'commander';
import { initBus, inspectBus, inspectHubBus } from '../../app/bus-inspection.ts';
import { busKey } from '../../app/bus-key.ts';
import { resultText } from '../../app/requirements/requirement.ts';
import type { Config } from '../../config/schema.ts';
import { printable } from '../../core/text.ts';
import { readConfiguration } from '../configuration.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

const DAY_MS = 86_400_000;
const MEBIBYTE = 1_048_576;

/** `bus init`: makes the streams. It fails if one of them is not as expected. */
export async function runBusInit(command: Command, terminal: Terminal): Promise<number> {
  const config = await readBusConfiguration(command, terminal);
  const { replicas, maxAge, maxBytes } = command.opts<{ replicas: number; maxAge: number; maxBytes: number }>();
  const wishes = { replicas, maxAgeMs: maxAge * DAY_MS, maxBytes: maxBytes * MEBIBYTE };
  const { lines, isComplete } = await initBus(config, terminal.environment, wishes);
  terminal.stdout(lines.map((line) => `${printable(line)}\n`).join(''));
  return isComplete ? EXIT.fine : EXIT.failed;
}

/** `bus check`: shows what the key of this exporter, or of a hub, may do. It fails if that is not enough. */
export async function runBusCheck(command: Command, terminal: Terminal): Promise<number> {
  const config = await readBusConfiguration(command, terminal);
  const { hub } = command.opts<{ hub?: true }>();
  const results = await (hub ? inspectHubBus : inspectBus)(config, terminal.environment);
  const lines = results.map((result) => `${result.verdict.padEnd(5)}${printable(resultText(result))}\n`);
  terminal.stdout(lines.join(''));
  return results.some(({ verdict }) => verdict === 'bad') ? EXIT.failed : EXIT.fine;
}

/** `bus key`: makes a key and shows its public part. The seed is in no output. */
export async function runBusKey(file: string, terminal: Terminal): Promise<number> {
  const reading = await busKey(file, terminal.environment);
  if (reading.kind === 'unusable') {
    terminal.stderr(`${printable(reading.problem)}\n`);
    return EXIT.failed;
  }
  terminal.stdout(`${reading.publicKey}\n`);
  return EXIT.fine;
}

async function readBusConfiguration(command: Command, terminal: Terminal): Promise<Config> {
  const { config } = await readConfiguration(command, terminal);
  if (config.bus.servers.length > 0) return config;
  throw new UsageError('no bus is configured: expected bus.servers in the configuration, or TMUX_EXPORTER_BUS_SERVERS');
}
