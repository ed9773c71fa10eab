import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addConfigFlags } from '../../src/config/flags.ts';
import { flagKey } from '../../src/config/given.ts';
import { LEAVES } from '../../src/config/schema.ts';

function command(): Command {
  return addConfigFlags(new Command('tmux-exporter')).exitOverride();
}

function parse(...flags: string[]): Record<string, unknown> {
  return command().parse(flags, { from: 'user' }).opts();
}

describe('the flags', () => {
  it('give nothing if none is given', () => {
    expect(parse()).toEqual({});
  });

  it('take a value each', () => {
    expect(parse('--poll.timeout', '3s', '--web.listen-address=:80', '--config.file', 'c.yaml')).toEqual({
      'poll.timeout': '3s',
      'web.listenAddress': [':80'],
      'config.file': 'c.yaml',
    });
  });

  it('turn on and off', () => {
    expect(parse('--no-tmux.discover', '--web.insecure', '--no-web.enable-lifecycle')).toEqual({
      'tmux.discover': false,
      'web.insecure': true,
      'web.enableLifecycle': false,
    });
  });

  it('collect repeated values', () => {
    expect(parse('--tmux.server', 'a', '--tmux.server', '/b,c')).toEqual({ 'tmux.server': ['a', '/b,c'] });
  });

  it.each(LEAVES.map((leaf) => [leaf.flag, leaf] as const))(
    'keep the value of --%s under the expected key',
    (flag, { option }) => {
      const parsed = option.kind.form === 'toggle' ? parse(`--${flag}`) : parse(`--${flag}`, 'x');
      expect(Object.keys(parsed)).toEqual([flagKey(flag)]);
    },
  );
});

describe('the help', () => {
  const help = command().configureHelp({ helpWidth: 1000 }).helpInformation();

  it('shows meaning, values, default and variable of an option', () => {
    expect(help).toMatch(
      /--poll\.concurrency <number> +How many servers .* \(1 to 64; default 8; env TMUX_EXPORTER_POLL_CONCURRENCY\)/,
    );
  });

  it('shows a toggle once, with both its forms', () => {
    expect(help).toContain('  --[no-]tmux.discover  ');
    expect(help).not.toContain('--no-tmux.discover');
  });

  it('groups the flags by section, in the order of the options', () => {
    const sections = [...help.matchAll(/^(\w+) options:$/gm)].map(([, section]) => section);
    expect(sections).toEqual([
      'config',
      'tmux',
      'poll',
      'watch',
      'heal',
      'reap',
      'storage',
      'collector',
      'limits',
      'web',
      'feed',
      'alerts',
      'fleet',
      'bus',
      'hub',
      'log',
    ]);
  });
});
