#!/usr/bin/env -S node --max-semi-space-size=2
import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
// Imported as a namespace: with a named import an old Node, which lacks the export, would end here with a SyntaxError.
import * as nodeModule from 'node:module';
import { homedir, hostname, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import process from 'node:process';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = [22, 18] as const;

if (isOldNode(process.versions.node)) {
  process.stderr.write(
    `tmux-exporter needs Node ${NEEDED.join('.')} or newer, found ${process.versions.node}: upgrade it, or use npm start, which brings its own\n`,
  );
  process.exitCode = 2;
} else {
  refuseDebugger();
  // TurboFan, V8's last compiler, takes 5 MB of memory, and saves the polls no time if Maglev compiles them. Hubs and passwords turn it on.
  if (hasMaglev()) setFlagsFromString('--no-turbofan');
  // Caches compiled code, which saves a third of a second and 25 MB. If the cache cannot be written, nothing is lost.
  nodeModule.enableCompileCache(join(folderOf('XDG_CACHE_HOME', '.cache'), 'tmux-exporter'));
  silenceSqliteWarning();
  // A hung file system blocks threads; polls need others.
  if (!process.env['UV_THREADPOOL_SIZE']) process.env['UV_THREADPOOL_SIZE'] = '8';
  leaveRemovedFolder();
  // Loaded late: an older Node would fail on its imports with an unreadable stack.
  const { runProgram } = await import('./commands/program.ts');
  const { stderrOutput } = await import('./commands/log/log-output.ts');
  const { UnwrittenOutput } = await import('./commands/unwritten-output.ts');
  const { FileReader } = await import('./files/file-reader.ts');
  const hadTerminal = hasTerminal();
  reportUnwrittenOutput();
  let wasSignalled = false;
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  process.exitCode = await runProgram(process.argv.slice(2), {
    env: process.env,
    environment: {
      version: packageVersion(),
      nodeVersion: process.versions.node,
      hostname: hostname(),
      machineId: machineId(),
      bootId: readOrNull('/proc/sys/kernel/random/boot_id'),
      pidNamespace: linkOrNull('/proc/self/ns/pid'),
      uid: process.getuid?.() ?? null,
      path,
      tmuxTmpdir: process.env['TMUX_TMPDIR'],
      stateHome: folderOf('XDG_STATE_HOME', '.local/state'),
      pid: process.pid,
      variables: process.env,
      readFile: new FileReader().read,
      monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
      signal: (pid, signal) => {
        process.kill(pid, signal);
      },
    },
    configFolders: [folderOf('XDG_CONFIG_HOME', '.config'), '/etc'],
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
        process.stdout.write(text, (error) => (error ? reject(new UnwrittenOutput(error)) : resolve()));
      }),
    isInteractive: isatty(2),
    isStdoutTerminal: process.stdout.isTTY === true,
    self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
    pid: process.pid,
    platform: process.platform,
    hasHungUp: hadTerminal ? () => !hasTerminal() : null,
    hasNohupInput,
    onSignal: (signal, handle) => {
      process.on(signal, handle);
      if (signal === 'SIGINT' || signal === 'SIGTERM') process.on(signal, () => (wasSignalled = true));
      return () => process.off(signal, handle);
    },
  });
  // A command that left a signal to its default action still does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    if (process.listenerCount(signal) > 0) process.on(signal, endNow);
  endWhatLingers(wasSignalled);
}

/** Takes SIGUSR1, which tmux users send to their servers, perhaps to this process too. Without a listener, Node would open its debugger on a port that every user of the machine can connect to, and run code with. */
function refuseDebugger(): void {
  process.on('SIGUSR1', () => {});
  // A signal that came before the listener has opened it.
  const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  if (options.some((option) => option.includes('--inspect'))) return;
  try {
    process.getBuiltinModule('node:inspector').close();
  } catch {
    // This Node was built without a debugger.
  }
}

/** Opens stderr. Only if needed: this makes the descriptor non-blocking for every process that shares it. */
function openStderr(): NodeJS.WriteStream {
  // An unhandled error event would end the process with a stack.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  return process.stderr;
}

/** Ends a process that has finished its work but is still held by a stalled reader of stdout or stderr, or by a hung file system. A reader of stdout may take as long as it likes, unless a signal ended the work. The end waits two seconds for files: a busy machine is not a hung one. */
function endWhatLingers(wasSignalled: boolean, patience = 4): void {
  setTimeout(() => {
    if (process.stdout.writableLength > 0 && !wasSignalled) return endWhatLingers(wasSignalled);
    if (waitsForFiles() && patience > 1) return endWhatLingers(wasSignalled, patience - 1);
    endNow();
  }, 500).unref();
}

/** Ends the process. Threads in a hung file system cannot be joined, so the last resort is a signal. */
function endNow(): void {
  if (!waitsForFiles()) process.exit();
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
}

function waitsForFiles(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}

/** Whether the process has a controlling terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Whether stdin is what nohup makes of it if it is a terminal. */
function hasNohupInput(): boolean {
  try {
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    const isForWriting = (Number.parseInt(flags, 8) & (constants.O_WRONLY | constants.O_RDWR)) === constants.O_WRONLY;
    return isForWriting && readlinkSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    return false;
  }
}

/** Whether V8 uses the compiler before its last one, as from Node 24 on. */
function hasMaglev(): boolean {
  return Number.parseInt(process.versions.v8, 10) >= 13 && ['x64', 'arm64'].includes(process.arch);
}

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
}

/** Suppresses Node's warning that node:sqlite is experimental, because users can do nothing about it. All other warnings are printed. */
function silenceSqliteWarning(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.includes('SQLite')) return;
    for (const print of printers) print(warning);
  });
}

/** Moves to `/` if the working folder was removed: some packages read its path while they are loaded, which would throw. */
function leaveRemovedFolder(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}

/** Reports output that cannot be written, as on a full disk, and fails then: `once > file` must not pass for complete. A reader that left early has what it wanted. */
function reportUnwrittenOutput(): void {
  let hasFailed = false;
  // The writer gets the error too; an unhandled error event would end the process with a stack.
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || hasFailed) return;
    hasFailed = true;
    openStderr().write(`the output cannot be written: ${message}\n`);
  });
  process.on('exit', () => {
    if (hasFailed) process.exitCode ||= 1;
  });
}

/** A base folder of the user. A relative path is ignored, as the XDG Base Directory Specification demands. */
function folderOf(variable: string, inHome: string): string {
  const folder = process.env[variable];
  return folder && isAbsolute(folder) ? folder : join(homeFolder(), inHome);
}

/** The home folder of the user: of the account if HOME is no absolute path; `/` for a user id without an account, as in many containers. */
function homeFolder(): string {
  try {
    const folder = homedir();
    return isAbsolute(folder) ? folder : userInfo().homedir;
  } catch {
    return '/';
  }
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The id of the machine; null if there is none. On the first boot of an image the file may contain "uninitialized" (machine-id(5)). */
function machineId(): string | null {
  const found = ['/etc/machine-id', '/var/lib/dbus/machine-id'].map(readOrNull);
  return found.find((id) => id !== null && /^[0-9a-f]{32}$/.test(id)) ?? null;
}

function linkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
