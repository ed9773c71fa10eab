import type { Command } from 'commander';
import { lookOnce } from '../app/single-look.ts';
import { readConfiguration } from './configuration.ts';
import { createLog } from './log.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `once`: polls every server once and writes the metrics to stdout. */
export async function runOnce(command: Command, terminal: Terminal): Promise<number> {
  const { config } = readConfiguration(command, terminal);
  const log = createLog({ ...config.log, level: 'error' }, terminal.isInteractive);
  const { exposition } = await lookOnce({ config, environment: terminal.environment, log });
  terminal.stdout(await exposition());
  return EXIT.fine;
}
