import { describe, expect, it } from '@jest/globals';
import { cli } from '../support/daemon/daemon.ts';

const COMMANDS = [
  '',
  'serve',
  'hub',
  'once',
  'check',
  'watch',
  'shell-init',
  'completion',
  'service',
  'service print',
  'service install',
  'servers',
  'servers list',
  'servers add',
  'webhook',
  'webhook test',
  'webhook replay',
];

describe('The help', () => {
  it.each(COMMANDS)('of "%s" fits into 80 columns', async (command) => {
    const words = command.split(' ').filter((word) => word !== '');
    const { code, stdout } = await cli([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: tmux-exporter/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('puts the meaning of a long flag below it', async () => {
    const { stdout } = await cli(['serve', '--help']);
    expect(stdout).toContain('\n  --[no-]watch\n        Report a death at once');
  });

  it('puts the meaning of a short flag beside it', async () => {
    const { stdout } = await cli(['watch', '--help']);
    expect(stdout).toMatch(/^ {2}--json {2,}print each event as one line of JSON$/m);
  });
});

describe('A misspelt command', () => {
  it.each([
    [['wach'], 'watch'],
    [['wach', '--json'], 'watch'],
    [['help', 'chekc'], 'check'],
    [['--log.level', 'debug', 'onec'], 'once'],
    [['shell-int', 'bash'], 'shell-init'],
  ])('%j is answered with what was probably meant', async (words, meant) => {
    const { code, stdout, stderr } = await cli(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^unknown command "[a-z-]+": did you mean "${meant}"\\?\n$`));
  });

  it.each([
    [['servers', 'lst'], 'list'],
    [['webhook', 'qeue'], 'queue'],
    [['service', 'prnt'], 'print'],
  ])('%j too, below a command', async (words, meant) => {
    expect(await cli(words)).toMatchObject({ code: 2, stderr: expect.stringContaining(`Did you mean ${meant}?`) });
  });

  it('that is like none is answered with how to list them', async () => {
    const { code, stderr } = await cli(['xyzzy']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'unknown command "xyzzy": "tmux-exporter --help" lists the commands\n',
    });
  });
});
