import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import {
  addFeedOptions,
  type FeedOptions,
  feedFlags,
  feedKind,
  readFeedOptions,
  wantedBy,
} from '../../src/commands/feed-options.ts';
import type { Terminal } from '../../src/commands/terminal.ts';

function read(...flags: string[]): Promise<FeedOptions> {
  const command = addFeedOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }), 'info');
  return readFeedOptions(command.parse(flags, { from: 'user' }), {
    env: {},
    configFolders: [] as readonly string[],
  } as Terminal);
}

describe('The options of a fleet', () => {
  it('are not sent unless they are given: the exporter decides', async () => {
    expect(wantedBy(await read('--server=work'))).toEqual({ scope: null, hosts: [], servers: ['work'], types: [] });
  });

  it('are sent as they are given', async () => {
    const options = await read('--scope=fleet', '--host=build*,web1', '--host', 'db-1', '--type=server-gone');
    expect(wantedBy(options)).toEqual({
      scope: 'fleet',
      hosts: ['build*', 'web1', 'db-1'],
      servers: [],
      types: ['server-gone'],
    });
  });

  it('ask for a fleet if they choose some of its exporters: an exporter without a fleet would send everything', async () => {
    expect((await read('--host=build7')).scope).toBe('fleet');
  });

  it.each([
    [
      ['--host=build 7'],
      '--host: expected the name of an exporter in its fleet, or a pattern with * for any characters, found "build 7"',
    ],
    [['--host=build.7'], 'found "build.7"'],
    [['--host=\u001b[2J'], 'found "\ufffd[2J"'],
    [['--host='], 'found ""'],
    [[`--host=${'x'.repeat(65)}`], 'found "xxx'],
    [['--host', Array.from({ length: 33 }, () => 'a').join(',')], '--host: expected at most 32, found 33'],
    [['--scope=local', '--host=build7'], '--host: expected --scope fleet, found --scope local'],
    [['--scope=world'], 'Allowed choices are local, fleet'],
  ])('are refused: %j', async (flags, message) => {
    await expect((async () => read(...flags))()).rejects.toThrow(message);
  });

  it.each([[['--scope=local']], [['--host=build*', '--host=web1', '--server=work', '--type=alert']], [[]]])(
    'are the same for a command that gets them as flags: %j',
    async (flags) => {
      const options = await read(...flags);
      expect(await read(...feedFlags(options))).toEqual(options);
    },
  );

  it('give other states than the same options without them, whose names stay as they were', async () => {
    expect(feedKind(await read('--server=work'))).toEqual([['work'], [], 'info']);
    const all = [[], ['--scope=local'], ['--scope=fleet'], ['--host=a'], ['--host=b']];
    const kinds = await Promise.all(all.map((flags) => read(...flags)));
    expect(new Set(kinds.map((options) => JSON.stringify(feedKind(options)))).size).toBe(kinds.length);
  });
});
