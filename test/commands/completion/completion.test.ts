import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli } from '../../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { isInstalled } from '../../support/machine/program.ts';

/** The command with which each shell lists what it offers for a line. */
const ASK = {
  bash: (line: string) =>
    `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _tmux_exporter; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line: string) => `complete -C '${line}'`,
};

describe.each(['bash', 'fish'] as const)('The completion of %s', (shell) => {
  const itInShell = isInstalled(shell) ? it : it.skip;
  let script = '';

  beforeAll(async () => {
    ({ stdout: script } = await cli(['completion', shell]));
  });

  itInShell.each([
    ['tmux-exporter ser', ['serve', 'servers', 'service']],
    ['tmux-exporter servers l', ['list']],
    ['tmux-exporter --web.listen', ['--web.listen-address']],
    ['tmux-exporter once --no-tmux.discover-p', ['--no-tmux.discover-processes']],
    ['tmux-exporter watch --severity cr', ['critical']],
    ['tmux-exporter shell-init z', ['zsh']],
  ])('offers for "%s" %j', (line, offered) => {
    const { stdout, stderr } = spawnSync(shell, ['-c', `${script}\n${ASK[shell](line)}`], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const words = stdout.split('\n').flatMap((text) => text.split('\t', 1));
    expect(words.filter((word) => word !== '').sort()).toEqual(offered);
  });
});

describe('The completion of bash for files', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });

  afterAll(() => removeFolder(folder));

  it('offers a name with blanks and stars as one', async () => {
    const { stdout: script } = await cli(['completion', 'bash']);
    for (const name of ['my *', 'my config.yml']) writeFileSync(join(folder, name), '');
    const asked = `${script}\n${ASK.bash('tmux-exporter serve --config.file my')}`;
    const { stdout } = spawnSync('bash', ['-c', asked], { encoding: 'utf8', cwd: folder });
    expect(stdout.trim().split('\n').sort()).toEqual(['my *', 'my config.yml']);
  });
});

describe('The completion of zsh', () => {
  const itInZsh = isInstalled('zsh') ? it : it.skip;

  itInZsh('is registered for the command', async () => {
    const { stdout: script } = await cli(['completion', 'zsh']);
    const input = `autoload -Uz compinit && compinit -D -u\n${script}\nprint $_comps[tmux-exporter]\n`;
    expect(spawnSync('zsh', ['-f'], { input, encoding: 'utf8' })).toMatchObject({
      stdout: '_tmux_exporter\n',
      stderr: '',
    });
  });
});
