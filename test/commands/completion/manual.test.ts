import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { roffSentences, roffText } from '../../../src/commands/completion/roff.ts';
import { cli } from '../../support/daemon/daemon.ts';
import { isInstalled } from '../../support/machine/program.ts';

const COMMANDS = ['serve', 'once', 'check', 'watch', 'shell-init', 'service install', 'servers add', 'webhook replay'];

describe('The manual page', () => {
  let page = '';

  beforeAll(async () => {
    ({ stdout: page } = await cli(['manual'], { SOURCE_DATE_EPOCH: '1767225600' }));
  });

  const withMandoc = isInstalled('mandoc') ? it : it.skip;
  const withGroff = isInstalled('groff') ? it : it.skip;

  withMandoc('is one that mandoc has nothing to warn of', () => {
    const { status, stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: page, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  withGroff('is one that groff has nothing to warn of', () => {
    const { status, stderr } = spawnSync('groff', ['-ww', '-man', '-z'], { input: page, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has the day of SOURCE_DATE_EPOCH, so that a build can be repeated', () => {
    expect(page).toMatch(/^\.TH TMUX\\-EXPORTER 1 2026-01-01 /);
  });

  it.each(COMMANDS)('has each flag that the help of "%s" has', async (command) => {
    const { stdout: help } = await cli([...command.split(' '), '--help']);
    expect(page).toContain(roffText(`tmux-exporter ${command} `));
    const flags = [...help.matchAll(/^ {2}(--\S+)/gm)].map(([, flag = '']) => flag);
    expect(flags.filter((flag) => !page.includes(`\\fB${roffText(flag)}`))).toEqual([]);
  });

  it('names no hidden command', () => {
    expect(page).not.toContain(roffText('shell-follow'));
  });
});

describe('Text for roff', () => {
  it.each([
    ['a\\b', 'a\\eb'],
    ['--flag', '\\-\\-flag'],
    ['.SH', '\\&.SH'],
    ['\'x\' "y" `z`', '\\(aqx\\(aq \\(dqy\\(dq \\(gaz\\(ga'],
    ['é 𝕏', '\\[u00E9] \\[u1D54F]'],
  ])('%j is printed as it is', (text, expected) => {
    expect(roffText(text)).toBe(expected);
  });

  it('has one sentence a line', () => {
    expect(roffSentences('One. Two (env X). 3.')).toBe('One.\nTwo (env X). 3.\n');
  });
});
