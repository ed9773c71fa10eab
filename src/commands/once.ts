import type { Command } from 'commander';
import { pollOnce } from '../app/once/single-poll.ts';
import { missingForPoll } from '../app/requirements/requirements.ts';
import { printable, printableLines } from '../core/text.ts';
import { readConfiguration } from './configuration.ts';
import { createLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `once`: polls every server once and writes the metrics to stdout. It fails if something is missing that the poll needs. */
export async function runOnce(command: Command, terminal: Terminal): Promise<number> {
  const { config, file } = await readConfiguration(command, terminal);
  const log = await createLog({ ...config.log, level: 'error' }, terminal);
  const { environment } = terminal;
  const { exposition, records, refusals } = await pollOnce({ config, environment, log });
  const metrics = await exposition();
  // Label values are what they are for Prometheus, and safe for a person.
  terminal.stdout(terminal.isStdoutTerminal ? printableLines(metrics) : metrics);
  const missing = [...(await missingForPoll({ config, file, environment }, records)), ...refusals];
  for (const problem of missing) terminal.stderr(`${printable(problem)}\n`);
  return missing.length === 0 ? EXIT.fine : EXIT.failed;
}
