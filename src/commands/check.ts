import type { Command } from 'commander';
import { pollOnce } from '../app/once/single-poll.ts';
import { inspect, inspectCollections, inspectServers } from '../app/requirements/inspection.ts';
import { type CheckResult, resultText } from '../app/requirements/requirement.ts';
import { examineHub, examineRequirements } from '../app/requirements/requirements.ts';
import { printable, printableJson } from '../core/text.ts';
import { defaultFilesOf, type LoadedConfiguration, readConfiguration } from './configuration.ts';
import { hubProblem } from './hub-problem.ts';
import { createLog } from './log/log.ts';
import { EXIT, type Terminal } from './terminal.ts';

const MARKS: Record<CheckResult['verdict'], string> = { fine: 'ok   ', note: 'note ', bad: 'FAIL ' };

/** `check`: checks the configuration and the machine. It fails if something keeps the exporter from working. */
export async function runCheck(command: Command, terminal: Terminal): Promise<number> {
  const loaded = await readConfiguration(command, terminal);
  const { file } = loaded;
  const subject = file === null ? `defaults, environment and flags; no ${defaultFilesOf(terminal).join(' or ')}` : file;
  const { hub, json } = command.opts<{ hub?: true; json?: true }>();
  const results: CheckResult[] = [
    { verdict: 'fine', subject: 'configuration', message: subject },
    ...(await (hub ? checkHub : checkExporter)(loaded, terminal)),
  ];
  terminal.stdout(json ? reportJson(results) : reportText(results));
  return results.some(({ verdict }) => verdict === 'bad') ? EXIT.failed : EXIT.fine;
}

async function checkExporter({ config, file }: LoadedConfiguration, terminal: Terminal): Promise<CheckResult[]> {
  const { environment } = terminal;
  const log = await createLog({ ...config.log, level: 'fatal' }, terminal);
  const poll = await pollOnce({ config, environment, log });
  return [
    ...(await examineRequirements({ config, file, environment })),
    ...(await inspect(config, environment)),
    ...inspectCollections(poll.collections),
    ...poll.refusals.map((message) => ({ verdict: 'bad' as const, subject: 'servers', message })),
    ...inspectServers(poll),
  ];
}

async function checkHub(loaded: LoadedConfiguration, { environment }: Terminal): Promise<CheckResult[]> {
  const problem = hubProblem(loaded);
  if (problem !== null) return [{ verdict: 'bad', subject: 'bus', message: problem }];
  return examineHub({ ...loaded, environment });
}

function reportText(results: readonly CheckResult[]): string {
  return results.map((result) => `${MARKS[result.verdict]}${printable(resultText(result))}\n`).join('');
}

/** One document: `{results: [{subject, verdict, message, cure}]}`, with a cure of null if nothing has to be done or the message says it. */
function reportJson(results: readonly CheckResult[]): string {
  const all = results.map(({ subject, verdict, message, cure = null }) => ({ subject, verdict, message, cure }));
  // By lines: a line break of the layout is not printable, and would become an escape outside of any text.
  const lines = JSON.stringify({ results: all }, null, 2).split('\n');
  return `${lines.map(printableJson).join('\n')}\n`;
}
