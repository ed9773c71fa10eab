import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { printable, printableLines } from '../../src/core/text.ts';
import { createCast } from './cast.ts';
import { happen } from './happenings.ts';
import { Home } from './home.ts';
import type { Mortal } from './mortal.ts';
import { type DemoOptions, HELP, readOptions } from './options.ts';
import { type Pager, startPager } from './pager.ts';
import { findProgram, type Program } from './program.ts';
import { type Stack, startFollower, startStack } from './stack.ts';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
// The reader of our output may be gone, such as a closed terminal: SIGHUP reports that.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options === null) say(HELP);
    else await demonstrate(options);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function demonstrate(options: DemoOptions): Promise<void> {
  if (!findProgram('tmux')) throw new Error('tmux is not installed: the demo needs it');
  for (const leftover of Home.leftovers()) await leftover.remove();
  const home = Home.create();
  const programs: Program[] = [];
  let pager: Pager | null = null;
  try {
    const servers = createCast(home, options.servers);
    for (const server of servers) await server.begin();
    servers[0]?.attach();
    pager = await startPager((title) => say(`${' '.repeat(10)}the web hook pages: ${title}\n`));
    const started = (program: Program) => programs.push(program);
    const stack = await startStack(home, { port: options.port, pager: pager.url, started });
    say(introduction(stack, servers, home));
    programs.push(startFollower(home, stack.exporter));
    await Promise.race([...programs.map((program) => program.ends()), until(options.seconds, servers)]);
  } finally {
    ending.abort();
    // The follower and the exporter first: the end of the demo must not be reported as deaths.
    for (const program of programs.toReversed()) await program.stop();
    await pager?.stop();
    await home.remove();
    say('\nThe demo has ended: nothing of it is left.\n');
  }
}

/** Lets life go on until a signal, or the time is up. */
async function until(seconds: number | null, servers: readonly Mortal[]): Promise<void> {
  const { signal } = ending;
  if (signal.aborted) return;
  void happen(servers, signal, complain);
  const timeIsUp = seconds === null ? [] : [delay(seconds * 1000, undefined, { signal }).catch(() => {})];
  await Promise.race([once(signal, 'abort'), ...timeIsUp]);
}

function introduction({ exporter, prometheus, alertmanager }: Stack, servers: readonly Mortal[], home: Home): string {
  const graph = encodeURIComponent('tmux_server_up');
  const rows: (readonly [string, string])[] = [
    [`${exporter}/`, 'the servers and their states'],
    [`${exporter}/metrics`, 'the metrics'],
    ...(prometheus ? prometheusRows(prometheus, graph) : []),
    ...(alertmanager
      ? ([[alertmanager, 'Alertmanager: what it sends comes back as events of the feed']] as const)
      : []),
    [`tmux -S ${servers[0]?.socket} attach`, 'attach to one of them; Ctrl-b d detaches'],
  ];
  const width = Math.max(...rows.map(([where]) => where.length));
  const table = rows.map(([where, what]) => `  ${where.padEnd(width)}  ${what}\n`).join('');
  const missing = prometheus ? '' : '\nPrometheus is not installed: with it you would also get graphs and alerts.\n';
  return `${servers.length} tmux servers live and die in ${home.folder}; your own servers are not touched.

${table}${missing}
The feed, as it happens. Ctrl-C ends the demo and removes everything.

`;
}

function prometheusRows(prometheus: string, graph: string): (readonly [string, string])[] {
  return [
    [`${prometheus}/graph?g0.expr=${graph}&g0.tab=0&g0.range_input=5m`, 'which servers were up, over the last minutes'],
    [`${prometheus}/alerts`, 'the alerts'],
  ];
}

function say(text: string): void {
  process.stdout.write(printableLines(text));
}

function complain(text: string): void {
  process.stderr.write(`demo: ${printable(text)}\n`);
}
