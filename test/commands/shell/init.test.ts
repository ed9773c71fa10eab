import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHELLS, type Shell } from '../../../src/commands/quoting.ts';
import { bashInit } from '../../../src/commands/shell/bash.ts';
import { fishInit } from '../../../src/commands/shell/fish.ts';
import { zshInit } from '../../../src/commands/shell/zsh.ts';
import { Spool } from '../../../src/follow/shell/spool.ts';
import { notice } from '../../follow/support/samples.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { processLife } from '../../support/machine/process-life.ts';
import { isInstalled } from '../../support/machine/program.ts';

const INITS = { bash: bashInit, zsh: zshInit, fish: fishInit };
const FLAGS = { bash: ['--norc', '-i'], zsh: ['-f', '-i'], fish: ['-N', '-i'] };
const RED = /\[(\d+;)*31(;\d+)*m/;
const PROMPT = '__tmux_exporter_prompt';

let home: string;
let folder: string;

beforeEach(async () => {
  home = await makePrivateFolder();
  folder = join(home, `it's a "folder" $HOME`);
  mkdirSync(folder);
  const { pid, start } = processLife(process.pid);
  writeFileSync(join(folder, 'follower'), `${pid} ${start}\n`);
});

afterEach(() => removeFolder(home));

/** Runs an interactive shell that reads the lines and then a script, and gives its output. */
function run(shell: Shell, script: string, follower: readonly string[] = ['false'], env = {}): string {
  writeFileSync(join(home, 'init'), INITS[shell]({ folder, follower }));
  return execFileSync(shell, [...FLAGS[shell], '-c', `source ${join(home, 'init')}\n${script}`], {
    env: { PATH: process.env['PATH'], HOME: home, FOLDER: folder, TERM: 'xterm', LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
}

/** Leaves a notice while the shell runs. */
function leave(line: string, number = 1): string {
  return `echo '${line}' >"$FOLDER/notices/${number}"; echo ${number} >"$FOLDER/newest"`;
}

const CRASH = 'critical 14:03:12 tmux server work crashed';

describe.each(SHELLS.filter(isInstalled))('What %s reads at its start', (shell) => {
  it('shows a notice once, at the next prompt, in the colour of its severity', () => {
    new Spool(folder);
    const output = run(shell, [PROMPT, leave(CRASH), PROMPT, PROMPT].join('\n'));
    expect(output.match(/14:03:12 tmux server work crashed/g)).toHaveLength(1);
    expect(output).toMatch(RED);
  });

  it('is not coloured if colours are off', () => {
    new Spool(folder);
    const output = run(shell, [leave(CRASH), PROMPT].join('\n'), ['false'], { NO_COLOR: '1' });
    expect(output).toContain('14:03:12 tmux server work crashed');
    expect(output).not.toMatch(RED);
  });

  it('does not show what is older than the shell, and says how many it leaves out of very many', () => {
    new Spool(folder).add(notice({ title: 'an old one' }));
    const many = Array.from({ length: 50 }, (_, index) => leave(`info 00:00:00 number ${index}`, index + 2));
    const output = run(shell, [PROMPT, ...many, PROMPT].join('\n'));
    expect(output).not.toContain('an old one');
    expect(output.match(/number \d+/g)).toHaveLength(20);
    expect(output).toContain('30 earlier notices are not shown');
  });

  it('shows a notice that waits, and none twice, if the lines are read again', () => {
    new Spool(folder).add(notice({ title: 'an old one' }));
    const again = `source ${join(home, 'init')}`;
    const output = run(shell, [leave('info 00:00:00 one', 2), again, PROMPT, again, PROMPT].join('\n'));
    expect(output.match(/00:00:00 one/g)).toHaveLength(1);
    expect(output).not.toContain('an old one');
  });

  it('shows nothing old if it has inherited variables of another shell', () => {
    new Spool(folder).add(notice({ title: 'an old one' }));
    const inherited = {
      __tmux_exporter_folder: folder,
      __tmux_exporter_seen: '0',
      __tmux_exporter_owner: `1 ${folder}`,
    };
    expect(run(shell, PROMPT, ['false'], inherited)).not.toContain('an old one');
  });

  it('starts a follower if the last one is dead, and registers', () => {
    writeFileSync(join(folder, 'follower'), '1 not-its-start\n');
    const started = join(home, 'it is started');
    const wait = `sh -c 'until test -e "$1"; do sleep 0.01; done' sh "${started}"`;
    const pid = shell === 'fish' ? '$fish_pid' : '$$';
    const output = run(shell, `${wait}\ntest -e "$FOLDER/shells/${pid}" && echo registered`, ['touch', started]);
    expect(output).toContain('registered');
  });
});

describe.each(SHELLS.filter(isInstalled))('The follower that %s starts', (shell) => {
  it('holds nothing open that the shell has inherited', () => {
    const seen = join(home, 'seen');
    const follower = ['sh', '-c', 'ls -l /proc/$$/fd >"$0.new"; mv "$0.new" "$0"', seen];
    writeFileSync(join(folder, 'follower'), '1 not-its-start\n');
    writeFileSync(join(home, 'init'), INITS[shell]({ folder, follower }));
    const script = `source ${join(home, 'init')}\nsh -c 'until test -e "$0"; do sleep 0.01; done' ${seen}`;
    const inherited = shell === 'fish' ? [3, 5, 9] : [3, 5, 9, 10, 23, 200];
    const locked = `exec ${inherited.map((fd) => `${fd}>${home}/lock`).join(' ')}; exec "$@"`;
    spawnSync('bash', ['-c', locked, 'sh', shell, ...FLAGS[shell], '-c', script], {
      env: { PATH: process.env['PATH'], HOME: home },
      stdio: 'ignore',
      timeout: 10_000,
    });
    expect(readFileSync(seen, 'utf8')).not.toContain('lock');
  });
});

describe('What bash reads at its start', () => {
  it.each([
    ['a text', `PROMPT_COMMAND='echo "status $?"'`, 'eval "$PROMPT_COMMAND"'],
    ['a list', `PROMPT_COMMAND=('echo "status $?"')`, `for word in "\${PROMPT_COMMAND[@]}"; do eval "$word"; done`],
  ])('leaves what others run before the prompt alone, and the status that they see: %s', (_, before, prompt) => {
    expect(run('bash', [before, `source ${join(home, 'init')}`, '(exit 7)', prompt].join('\n'))).toBe('status 7\n');
  });
});
