import type { Command } from 'commander';
import { pollOnce } from '../app/once/single-poll.ts';
import { inspect, inspectCollections, inspectServers } from '../app/requirements/inspection.ts';
import type { CheckResult } from '../app/requirements/requirement.ts';
import { examineRequirements } from '../app/requirements/requirements.ts';
import { defaultFilesOf, readConfiguration } from './configuration.ts';
import { createLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';

const MARKS: Record<CheckResult['verdict'], string> = { fine: 'ok   ', note: 'note ', bad: 'FAIL ' };

/** `check`: checks the configuration and the machine. It fails if something keeps the exporter from working. */
export async function runCheck(command: Command, terminal: Terminal): Promise<number> {
  const { config, file } = await readConfiguration(command, terminal);
  const log = await createLog({ ...config.log, level: 'fatal' }, terminal);
  const subject = file === null ? `defaults, environment and flags; no ${defaultFilesOf(terminal).join(' or ')}` : file;
  const poll = await pollOnce({ config, environment: terminal.environment, log });
  const results: CheckResult[] = [
    { verdict: 'fine', subject: 'configuration', message: subject },
    ...(await examineRequirements({ config, file, environment: terminal.environment })),
    ...(await inspect(config, terminal.environment)),
    ...inspectCollections(poll.collections),
    ...poll.refusals.map((message) => ({ verdict: 'bad' as const, subject: 'servers', message })),
    ...inspectServers(poll),
  ];
  for (const { verdict, subject, message } of results) terminal.stdout(`${MARKS[verdict]}${subject}: ${message}\n`);
  return results.some(({ verdict }) => verdict === 'bad') ? EXIT.failed : EXIT.fine;
}
