import type { Command } from 'commander';
import { pollOnce } from '../app/once/single-poll.ts';
import { missingForPoll } from '../app/requirements/requirements.ts';
import { readConfiguration } from './configuration.ts';
import { createLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `once`: polls every server once and writes the metrics to stdout. It fails if something is missing that the poll needs. */
export async function runOnce(command: Command, terminal: Terminal): Promise<number> {
  const { config, file } = await readConfiguration(command, terminal);
  const log = await createLog({ ...config.log, level: 'error' }, terminal);
  const { environment } = terminal;
  const { exposition, records, refusals } = await pollOnce({ config, environment, log });
  terminal.stdout(await exposition());
  const missing = [...(await missingForPoll({ config, file, environment }, records)), ...refusals];
  for (const problem of missing) terminal.stderr(`${problem}\n`);
  return missing.length === 0 ? EXIT.fine : EXIT.failed;
}
