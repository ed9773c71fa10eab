import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHELLS, type Shell } from '../../src/commands/quoting.ts';
import { bashInit } from '../../src/commands/shell/bash.ts';
import { fishInit } from '../../src/commands/shell/fish.ts';
import { zshInit } from '../../src/commands/shell/zsh.ts';
import { Spool } from '../../src/follow/shell/spool.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { processLife } from '../support/machine/process-life.ts';
import { isInstalled } from '../support/machine/program.ts';
import { median, plainRow, type Row } from './row.ts';

const PROMPTS = 1_000;
const ROUNDS = 5;
const PROMPT = '__tmux_exporter_prompt';

const INITS = { bash: bashInit, zsh: zshInit, fish: fishInit };
const FLAGS = { bash: ['--norc', '-i'], zsh: ['-f', '-i'], fish: ['-N', '-i'] };

const LOOPS: Readonly<Record<Shell, (count: number, work: string) => string>> = {
  bash: (count, work) => `for ((i = 0; i < ${count}; i++)); do ${work}; done`,
  zsh: (count, work) => `repeat ${count}; do ${work}; done`,
  fish: (count, work) => `for i in (seq ${count}); ${work}; end`,
};

/** The cost of notices at a prompt: a shell draws many prompts without news, and many with one notice each. */
export async function bench(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shell of SHELLS.filter(isInstalled)) rows.push(...(await promptOf(shell)));
  return rows;
}

async function promptOf(shell: Shell): Promise<Row[]> {
  const home = await makePrivateFolder();
  const folder = join(home, 'spool');
  mkdirSync(folder);
  const { pid, start } = processLife(process.pid);
  writeFileSync(join(folder, 'follower'), `${pid} ${start}\n`);
  new Spool(folder).add({
    severity: 'critical',
    time: new Date().toISOString(),
    type: 'server-gone',
    host: null,
    server: 'work',
    socket: null,
    title: 'tmux server work crashed: 1 session, 1 pane lost (main); it ran for 3 s',
    body: [],
  });
  writeFileSync(join(home, 'init'), INITS[shell]({ folder, follower: ['false'] }));
  const each = (work: string) => {
    const times = Array.from({ length: ROUNDS }, () => {
      return timed(shell, home, LOOPS[shell](PROMPTS, work)) - timed(shell, home, LOOPS[shell](0, work));
    });
    return median(times) / PROMPTS;
  };
  const quiet = each(PROMPT);
  const news = each(`${shell === 'fish' ? 'set -g __tmux_exporter_seen 0' : '__tmux_exporter_seen=0'}; ${PROMPT}`);
  await removeFolder(home);
  return [
    plainRow(`${shell}: a prompt without news`, quiet, 'ms', 5),
    plainRow(`${shell}: a prompt with a notice`, news, 'ms', null),
  ];
}

/** Milliseconds that an interactive shell takes to read its lines and run a script. */
function timed(shell: Shell, home: string, script: string): number {
  const begun = performance.now();
  execFileSync(shell, [...FLAGS[shell], '-c', `source ${join(home, 'init')}\n${script}`], {
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
    stdio: 'ignore',
  });
  return performance.now() - begun;
}
