#!/usr/bin/env -S node --max-semi-space-size=2
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
// As a namespace: an old Node lacks an export that we use, and would end here with a SyntaxError.
import * as nodeModule from 'node:module';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const NEEDED = [22, 18] as const;

if (isOldNode(process.versions.node)) {
  process.stderr.write(
    `tmux-exporter needs Node ${NEEDED.join('.')} or newer, found ${process.versions.node}: upgrade it, or use npm start, which brings its own\n`,
  );
  process.exitCode = 2;
} else {
  // What was compiled once is not compiled again: it saves a third of a second and 25 MB. Where it cannot be kept, nothing is lost.
  nodeModule.enableCompileCache(join(process.env['XDG_CACHE_HOME'] || join(homeFolder(), '.cache'), 'tmux-exporter'));
  silenceSqliteWarning();
  // What hangs in a file system that does not answer holds a thread: polls must have others.
  if (!process.env['UV_THREADPOOL_SIZE']) process.env['UV_THREADPOOL_SIZE'] = '8';
  // Loaded only now: an older Node would fail on what it imports with a stack nobody can read.
  const { runProgram } = await import('./commands/program.ts');
  const { stderrOutput } = await import('./commands/log/log-output.ts');
  const { FileReader } = await import('./files/file-reader.ts');
  const hadTerminal = hasTerminal();
  // Whoever writes is told of the error, too; an error that is only an event would end us with a stack.
  process.stdout.on('error', () => {});
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  process.exitCode = await runProgram(process.argv.slice(2), {
    env: process.env,
    environment: {
      version: packageVersion(),
      nodeVersion: process.versions.node,
      hostname: hostname(),
      machineId: machineId(),
      bootId: readOrNull('/proc/sys/kernel/random/boot_id'),
      uid: process.getuid?.() ?? null,
      path,
      tmuxTmpdir: process.env['TMUX_TMPDIR'],
      stateHome: process.env['XDG_STATE_HOME'] || join(homeFolder(), '.local', 'state'),
      pid: process.pid,
      variables: process.env,
      readFile: new FileReader().read,
      monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
      signal: (pid, signal) => {
        process.kill(pid, signal);
      },
    },
    configFolders: [userConfigFolder(), '/etc'],
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: (text) => {
      openStderr().write(text);
    },
    logOutput: () => stderrOutput(openStderr),
    onExit: (handle) => {
      process.on('exit', handle);
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    isInteractive: isatty(2),
    isStdoutTerminal: process.stdout.isTTY === true,
    self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
    pid: process.pid,
    platform: process.platform,
    hasHungUp: () => hadTerminal && !hasTerminal(),
    onSignal: (signal, handle) => {
      process.on(signal, handle);
    },
  });
  endWhatLingers();
}

/** Opened only if it is needed: that makes the descriptor non-blocking for every process that shares it. */
function openStderr(): NodeJS.WriteStream {
  // An error that is only an event would end us with a stack.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  return process.stderr;
}

/** Ends a process whose work is done and that something still holds: a reader of stderr that takes nothing, or a file system that does not answer. Its thread cannot be joined, so that the signal itself is the last resort. */
function endWhatLingers(): void {
  setTimeout(() => {
    if (process.stdout.writableLength > 0) return endWhatLingers();
    if (!process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) process.exit();
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

/** Whether there is a terminal that controls us. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
}

/** Drops Node's warning that node:sqlite is experimental: a user can do nothing about it. All other warnings are printed. */
function silenceSqliteWarning(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.includes('SQLite')) return;
    for (const print of printers) print(warning);
  });
}

/** Where programs of the user keep their files; `/` for a user id that has no account, as in many a container. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The XDG Base Directory Specification has a relative path ignored. */
function userConfigFolder(): string {
  const folder = process.env['XDG_CONFIG_HOME'];
  return folder?.startsWith('/') ? folder : join(homeFolder(), '.config');
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The first boot of an image can find the word "uninitialized" there (machine-id(5)). */
function machineId(): string | null {
  const found = ['/etc/machine-id', '/var/lib/dbus/machine-id'].map(readOrNull);
  return found.find((id) => id !== null && /^[0-9a-f]{32}$/.test(id)) ?? null;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
