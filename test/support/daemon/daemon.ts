import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** As `npm start` runs it. */
const NODE_FLAGS = ['--max-semi-space-size=2'];
const CLI = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));
/** The program as `npm run build` leaves it. */
export const BUNDLE = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
/** `npm start` keeps what was compiled, too: what is kept need not even be stripped of its types again. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/tmux-exporter', import.meta.url));

const LONGEST_START_MS = 30_000;

/** How a daemon is started for a test. */
export interface DaemonOptions {
  /** The folder that is its socket directory; a private one of its own by default. */
  readonly sockets?: string;
  /** The folder for what it keeps, that of its sockets by default; null leaves the place to the environment. */
  readonly state?: string | null;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Replaces the schedule of one tick a second; null leaves it to the configuration. */
  readonly schedule?: string | null;
  /** How long its start may take, for a daemon with many servers; half a minute by default. */
  readonly longestStartMs?: number;
  /** Runs the command line in another way than as a child of ours. */
  readonly run?: typeof runCli;
}

/** A line of its log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly server?: string;
  readonly type?: string;
}

/** The whole daemon as its users run it, in a process of its own. */
export class Daemon {
  readonly url: string;
  readonly sockets: string;
  readonly log: LogLine[];
  /** The file of its token. */
  readonly tokenFile: string;
  readonly #process: ChildProcess;
  readonly #folder: string | null;

  private constructor(
    process: ChildProcess,
    url: string,
    { sockets, state }: { readonly sockets: string; readonly state: string },
    log: LogLine[],
    folder: string | null,
  ) {
    this.tokenFile = tokenFileIn(state);
    this.#process = process;
    this.url = url;
    this.sockets = sockets;
    this.log = log;
    this.#folder = folder;
  }

  /** Starts it on a free port. Resolves when its first tick has ended. */
  static start(options: DaemonOptions = {}): Promise<Daemon> {
    return Daemon.#launch(options, (sockets) => ['serve', ...daemonFlags(sockets, options)], 'found ');
  }

  /** Starts a hub on a free port. Resolves when it listens: it need not have read the bus. */
  static startHub(options: Pick<DaemonOptions, 'state' | 'flags' | 'env'> = {}): Promise<Daemon> {
    return Daemon.#launch(options, () => ['hub', OWN_ADDRESS, ...LOUD, ...(options.flags ?? [])], 'tmux-exporter ');
  }

  static async #launch(
    options: DaemonOptions,
    wordsIn: (sockets: string) => string[],
    lastLine: string,
  ): Promise<Daemon> {
    const folder = options.sockets === undefined ? await makePrivateFolder() : null;
    const sockets = options.sockets ?? folder ?? '';
    const run = options.run ?? runCli;
    const child = run(wordsIn(sockets), options.env);
    const log: LogLine[] = [];
    const found = new Promise<string>((resolve, reject) => {
      let url = '';
      createInterface({ input: child.stderr ?? ([] as never) }).on('line', (line) => {
        const entry = line.startsWith('{') ? (JSON.parse(line) as LogLine & { url?: string }) : { level: 0, msg: line };
        log.push(entry);
        url = 'url' in entry && entry.url ? entry.url : url;
        if (entry.msg.startsWith(lastLine)) resolve(url);
      });
      child.once('exit', (code) =>
        reject(new Error(`the daemon ended with ${code}: ${log.map(({ msg }) => msg).join('\n')}`)),
      );
    });
    // One that does not start in time must not be found running by the next test.
    const late = setTimeout(() => child.kill('SIGKILL'), options.longestStartMs ?? LONGEST_START_MS);
    const url = await found.finally(() => clearTimeout(late));
    return new Daemon(child, url, { sockets, state: options.state ?? sockets }, log, folder);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The text of its metrics. */
  async metrics(accept = 'text/plain'): Promise<string> {
    const response = await fetch(`${this.url}/metrics`, { headers: { accept } });
    return response.text();
  }

  /** Reads the value of one series, written as in the text format, such as `tmux_server_up{server="work"}`; null if there is none. */
  async sample(series: string): Promise<number | null> {
    const line = (await this.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? null : Number(line.slice(series.length + 1));
  }

  /** Asks it to change something, as its own commands do. */
  async change(path: string, method: string, body?: object): Promise<Response> {
    return change(`${this.url}${path}`, this.tokenFile, method, body);
  }

  /** Sends it a signal, by its exact pid. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it in good order and gives its exit code; the folder stays for another one. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode;
    const exit = once(this.#process, 'exit');
    this.kill(signal);
    const [code] = await exit;
    return code as number | null;
  }

  /** Ends it and removes what it kept. */
  async cleanup(): Promise<void> {
    await this.stop();
    if (this.#folder) await removeFolder(this.#folder);
  }
}

/** The file of the token of a daemon whose flags are {@link daemonFlags} with this folder. */
export function tokenFileIn(state: string): string {
  return join(state, 'state', 'token');
}

/** Asks a daemon to change something, with a token. */
export async function change(url: string, tokenFile: string, method: string, body?: object): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`,
  };
  return fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

/** The words that run the command line with the same Node. */
export const COMMAND_LINE: readonly string[] = [process.execPath, ...NODE_FLAGS, CLI];

/** Runs the command line with the same Node, without a terminal and with little environment. */
export function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): ChildProcess {
  return runFile(CLI, args, env, { cwd });
}

/** Runs the command line in a process group of its own, as a shell runs a job: the kernel lets Ctrl-Z stop nothing else. */
export function runJob(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return runFile(CLI, args, env, { runner: ['perl', '-e', 'setpgrp; exec @ARGV'] });
}

/** Runs the bundle of it as `npm run build` left it, in the same way. */
export function runBundle(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return runFile(BUNDLE, args, env);
}

/** Runs another copy of the bundle in the same way. */
export function runnerOf(path: string): typeof runCli {
  return (args, env = {}) => runFile(path, args, env);
}

/** How a program is run: by a command before it, and in a folder. */
interface Way {
  readonly runner?: readonly string[];
  readonly cwd?: string | undefined;
}

function runFile(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { runner = [], cwd }: Way = {},
): ChildProcess {
  const [program = '', ...words] = [...runner, process.execPath, ...NODE_FLAGS, path, ...args];
  return spawn(program, words, {
    // Not the configuration of the person who runs the tests.
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, XDG_CONFIG_HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
}

/** The output and the exit code of a command. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end. */
export async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<CliResult> {
  const child = runCli(args, env, cwd);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

const OWN_ADDRESS = '--web.listen-address=127.0.0.1:0';
const LOUD = ['--log.format=json', '--log.level=debug'];

/** The flags by which a daemon touches nothing but a test's folder. */
export function daemonFlags(
  sockets: string,
  { schedule = '* * * * * *', state = sockets, flags = [] }: DaemonOptions = {},
): string[] {
  return [
    `--tmux.socket-directory=${sockets}`,
    ...(state === null ? [] : [`--storage.path=${join(state, 'state', 'journal.db')}`]),
    '--no-tmux.discover-processes',
    ...(flags.some((flag) => flag.startsWith('--web.listen-address')) ? [] : [OWN_ADDRESS]),
    ...LOUD,
    ...(schedule === null ? [] : [`--poll.schedule=${schedule}`]),
    ...flags,
  ];
}
