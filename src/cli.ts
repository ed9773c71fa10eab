#!/usr/bin/env node
import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const NEEDED = [22, 18] as const;

if (isOldNode(process.versions.node)) {
  process.stderr.write(
    `tmux-exporter needs Node ${NEEDED.join('.')} or newer, found ${process.versions.node}: upgrade it, or use npm start, which brings its own\n`,
  );
  process.exitCode = 2;
} else {
  // Loaded only now: an older Node would fail on what it imports with a stack nobody can read.
  const { runProgram } = await import('./commands/program.ts');
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  process.exitCode = await runProgram(process.argv.slice(2), {
    env: process.env,
    environment: {
      version: packageVersion(),
      nodeVersion: process.versions.node,
      hostname: hostname(),
      bootId: readOrNull('/proc/sys/kernel/random/boot_id'),
      uid: process.getuid?.() ?? null,
      path,
      tmuxTmpdir: process.env['TMUX_TMPDIR'],
      stateHome: process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'),
      watchChannel: `tmux-exporter-${process.pid}-${startOf('self')}`,
      setpriv: process.platform === 'linux' ? findExecutable('setpriv', path) : null,
      signalZero: (pid) => {
        process.kill(pid, 0);
      },
    },
    readFile: (path) => readFileSync(path, 'utf8'),
    stdout: (text) => {
      process.stdout.write(text);
    },
    stderr: (text) => {
      process.stderr.write(text);
    },
    isInteractive: process.stderr.isTTY === true,
    onSignal: (signal, handle) => {
      process.on(signal, handle);
    },
  });
}

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1]);
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** When a process started, as /proc tells it; our own clock where there is none. */
function startOf(pid: string): string {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? String(Date.now());
}

function findExecutable(name: string, path: string): string | null {
  const candidates = path.split(delimiter).map((folder) => join(folder, name));
  return candidates.find((candidate) => isExecutable(candidate)) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
