import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addConfigFlags } from '../../src/config/flags.ts';
import { keysAt } from '../../src/config/known-keys.ts';
import { configReference } from '../../src/config/reference.ts';
import { CONFIG_FILE, configSchema, LEAVES } from '../../src/config/schema.ts';

describe('the options', () => {
  it('have these defaults', () => {
    expect(configSchema.parse({})).toMatchObject({
      servers: [],
      tmux: {
        client: 'auto',
        binary: 'tmux',
        discover: true,
        discoverProcesses: true,
        discoverAllUsers: false,
        serverInclude: [],
        serverExclude: [],
        socketDirectory: null,
      },
      poll: { schedule: '*/5 * * * * *', scrapeTimeoutOffsetMs: 500, timeoutMs: 2_000, concurrency: 8 },
      reap: { lingerMs: 300_000 },
      watch: { enabled: true, sessions: true },
      collector: {
        session: true,
        window: false,
        pane: false,
        client: false,
        process: true,
        paneProcess: false,
        sessionInclude: [],
        sessionExclude: [],
      },
      limits: { servers: 1_000, sessions: 200, windows: 1_000, panes: 2_000, series: 50_000 },
      web: {
        listenAddress: [{ host: '127.0.0.1', port: 8689 }],
        insecure: false,
        allowedHosts: [],
        enableLifecycle: false,
      },
      feed: { heartbeatMs: 15_000, maxClients: null, maxClientsPerAddress: 32, maxAgeMs: 3_600_000 },
      log: { level: 'info', format: 'auto' },
    });
  });

  it.each(['scrape', '@hourly', '* * * * *'])('take %s as a schedule', (schedule) => {
    expect(configSchema.parse({ poll: { schedule } }).poll.schedule).toBe(schedule);
  });

  it.each(['auto', 'protocol', 'binary'])('take %s as the client of tmux, and no other word', (client) => {
    expect(configSchema.parse({ tmux: { client } }).tmux.client).toBe(client);
    expect(configSchema.safeParse({ tmux: { client: `${client}s` } }).success).toBe(false);
  });

  it.each(['0 0 31 2 *', '0 0 31 4 *'])('say that the schedule %j never runs', (schedule) => {
    const message = 'a day that the month has, because it would never run';
    expect(configSchema.safeParse({ poll: { schedule } }).error?.issues).toMatchObject([{ message }]);
  });

  it.each(['scrapes', 'Scrape', '* * *', ''])('refuse %j as a schedule', (schedule) => {
    expect(configSchema.safeParse({ poll: { schedule } }).success).toBe(false);
  });

  it('are the same in the file, on the command line and in the reference', () => {
    const flags = addConfigFlags(new Command()).options.filter((option) => !option.negate);
    const rows = [...configReference().matchAll(/^\| `?([\w.]*)`? \| `--(?:\[no-\])?([\w.-]+)` \| `(\w+)` \|/gm)];
    expect(LEAVES.map(({ path }) => path.join('.'))).toEqual(keysOfSchema());
    expect(flags.map(({ long }) => long)).toEqual(['--config.file', ...LEAVES.map(({ flag }) => `--${flag}`)]);
    expect(rows.map(([, ...cells]) => cells)).toEqual([
      ['', CONFIG_FILE.flag, CONFIG_FILE.environment],
      ...LEAVES.map(({ path, flag, environment }) => [path.join('.'), flag, environment]),
    ]);
  });

  it('have a negative flag if they are toggles, and only then', () => {
    const negative = addConfigFlags(new Command()).options.filter((option) => option.negate);
    const toggles = LEAVES.filter(({ option }) => option.kind.form === 'toggle');
    expect(negative.map(({ long }) => long)).toEqual(toggles.map(({ flag }) => `--no-${flag}`));
  });

  it.each([
    ['tmux', { server_include: ['work*', 'ada/*'] }, true],
    ['tmux', { server_exclude: ['a b'] }, false],
    ['collector', { session_include: ['my notes*', '日本'] }, true],
    ['collector', { session_exclude: [''] }, false],
    ['collector', { session_exclude: ['two\nlines'] }, false],
    ['collector', { session_include: 'work' }, false],
  ])('take patterns for names: %s %j is %s', (section, value, isGood) => {
    expect(configSchema.safeParse({ [section]: value }).success).toBe(isGood);
  });

  it('share no flag and no variable', () => {
    const names = LEAVES.flatMap(({ flag, environment }) => [flag, environment]);
    expect(new Set([...names, CONFIG_FILE.flag, CONFIG_FILE.environment]).size).toBe(names.length + 2);
  });

  it.each(LEAVES.map((leaf) => [leaf.flag, leaf.option.description]))('say what --%s does', (_, description) => {
    expect(description).toMatch(/^[A-Z].*\.$/);
  });
});

/** Lists of mappings, which flags cannot set. */
const FILE_ONLY: readonly string[] = ['webhooks', 'alertmanagers', 'tokens'];

/** The keys that the schema takes, found without the list of options. */
function keysOfSchema(path: readonly string[] = []): string[] {
  return keysAt(configSchema, path).flatMap((key) => {
    if (FILE_ONLY.includes(key)) return [];
    const nested = keysOfSchema([...path, key]);
    return nested.length > 0 && key !== 'servers' ? nested : [[...path, key].join('.')];
  });
}
