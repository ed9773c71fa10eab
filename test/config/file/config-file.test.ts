import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type LoadResult, loadConfig } from '../../../src/config/file/load.ts';
import { keysAt } from '../../../src/config/known-keys.ts';
import { formatProblems } from '../../../src/config/problem.ts';
import { configSchema } from '../../../src/config/schema.ts';

const FIXTURES = new URL('fixtures/', import.meta.url);
const DEFAULTS = configSchema.parse({});

/** How each good file changes the defaults. */
const GOOD: Readonly<Record<string, object>> = {
  anchors: { limits: { ...DEFAULTS.limits, sessions: 50, windows: 50, panes: 50 } },
  empty: {},
  'empty-sections': {},
  'only-comments': {},
  typical: {
    servers: [
      { kind: 'path', name: 'agents', socket: '/run/agents/tmux' },
      { kind: 'path', name: null, socket: '/srv/build/tmux' },
      { kind: 'name', name: 'default' },
    ],
    tmux: { ...DEFAULTS.tmux, binary: '/usr/local/bin/tmux', discover: false, socketDirectory: '/run/tmux-1000' },
    poll: { schedule: '0 * * * *', scrapeTimeoutOffsetMs: 500, timeoutMs: 90_000, concurrency: 2 },
    reap: { lingerMs: 0 },
    web: {
      ...DEFAULTS.web,
      listenAddress: [{ host: '::1', port: 0 }],
      allowedHosts: ['tmux.example.org', 'fe80::1'],
    },
    feed: { ...DEFAULTS.feed, maxAgeMs: 86_400_000 },
    log: { level: 'info', format: 'json' },
  },
};

/** The message for each bad file, after its name. */
/** The keys at the top of the file, in their order. */
const SECTIONS = keysAt(configSchema, []).join(', ');

const BAD: Readonly<Record<string, readonly string[]>> = {
  'alias-bomb': ['1:1: expected aliases of few things, found aliases of aliases that multiply'],
  'alias-of-nothing': ['2:10: no anchor of this name before this; put a text that begins with * into quotes'],
  'duplicate-keys': [
    '4:3: poll.timeout: duplicate key, the first is on line 2',
    '7:1: poll: duplicate key, the first is on line 1',
    '8:3: poll.timeout: duplicate key, the first is on line 2',
  ],
  indentation: ['2:11: Nested mappings are not allowed in compact mappings'],
  'keys-of-objects': [
    `1:1: __proto__: unknown key, expected one of ${SECTIONS}`,
    `3:1: constructor: unknown key, expected one of ${SECTIONS}`,
  ],
  'list-at-the-top': [`1:1: expected a mapping with the keys ${SECTIONS}, found a list`],
  'long-socket': [
    '2:13: servers[0].socket: expected the absolute path of a socket, at most 107 bytes, found "/tmp/éééééééééééééééééééééééééééééééééééééééééééééééééééé"',
  ],
  'open-quote': ['3:1: Missing closing "quote'],
  'out-of-range': [
    '2:12: poll.timeout: expected a duration such as 90s or 1h30m, 10ms to 1h, found "2h"',
    '3:16: poll.concurrency: expected a whole number, 1 to 64, found 65',
    '5:10: limits.panes: expected a whole number, 1 or more, found 0',
    '6:11: limits.series: expected a whole number, 1 or more, found 1.5',
    '8:14: feed.heartbeat: expected a duration such as 90s or 1h30m, 100ms to 24d, found "25d"',
    '9:12: feed.max_age: expected a duration such as 90s or 1h30m, 1s to 24d, found "0s"',
    '11:10: log.level: expected one of fatal, error, warn, info, debug, trace, silent, found "verbose"',
  ],
  'repeated-servers': [
    '3:11: servers[1].name: expected a name that no other server of the list has, found "work"',
    '6:13: servers[2].socket: expected a socket that no other server of the list has, found "/tmp/d"',
  ],
  servers: [
    '2:11: servers[0].name: expected a server name: 1 to 64 of A-Z a-z 0-9 _ . @ + -, optionally after "user/", found "two words"',
    '3:13: servers[0].socket: expected the absolute path of a socket, at most 107 bytes, found "tmux.sock"',
    '4:5: servers[1].sokcet: unknown key, did you mean "socket"?',
    '5:5: servers[2]: expected a socket (an absolute path), or a name without "/" that is a socket in your own socket directory, found an empty mapping',
    '6:11: servers[3].name: expected a socket (an absolute path), or a name without "/" that is a socket in your own socket directory, found "alice/work"',
    '7:5: servers[4]: expected a mapping with the keys name and socket, found "/tmp/b"',
    '8:13: servers[5].socket: expected the absolute path of a socket, at most 107 bytes, found "/tmp/c/"',
  ],
  'several-documents': ['3:1: expected one YAML document, found several'],
  tabs: ['2:1: Tabs are not allowed as indentation'],
  'terminal-escapes': [
    '2:3: log["\ufffd[31mlevel"]: unknown key, expected one of level, format',
    '3:11: log.format: expected one of auto, json, pretty, found "\ufffd[31mjson"',
  ],
  'unclear-texts': [
    '2:11: tmux.binary: expected a command or the path of one, found ""',
    '3:21: tmux.socket_directory: expected an absolute path, found "run/tmux"',
    '5:13: poll.schedule: expected a cron expression of 5 fields, or of 6 with seconds first, such as "*/5 * * * * *" (every 5 seconds), or the word scrape, found "every 5 s"',
    '6:12: poll.timeout: expected a duration such as 90s or 1h30m, 10ms to 1h, found "2 seconds"',
    '8:11: reap.linger: expected a duration such as 90s or 1h30m, 0s to 365d, found "30m1h"',
    '10:19: web.listen_address: expected an address such as 127.0.0.1:8689, [::1]:8689, unix:/run/tmux-exporter.sock, or :8689 for every interface, found "::1:8689"',
    '11:33: web.allowed_hosts[1]: expected a host name or IP address without a port, found "bad.example:80"',
  ],
  'unknown-keys': [
    '1:1: pol: unknown key, did you mean "poll"?',
    '4:3: poll.shcedule: unknown key, did you mean "schedule"?',
    '5:3: poll.timeOut: unknown key, did you mean "timeout"?',
    '6:3: poll.colour: unknown key, expected one of schedule, scrape_timeout_offset, timeout, concurrency',
    '7:1: listen_address: unknown key, did you mean "listen_address" under "web"?',
    '8:1: ["feed.max-age"]: unknown key, did you mean "max_age" under "feed"?',
    '9:1: ["feed.max_age"]: unknown key, did you mean "max_age" under "feed"?',
  ],
  'unknown-tag': ['2:10: unknown tag, or one that does not fit; put a text that begins with ! into quotes'],
  'wrong-types': [
    '2:11: tmux.binary: expected a command or the path of one, found 5',
    '3:13: tmux.discover: expected true or false, found "yes"',
    '4:21: tmux.socket_directory: expected an absolute path, found a list',
    '6:12: poll.timeout: expected a duration such as 90s or 1h30m, 10ms to 1h, found 2',
    '7:16: poll.concurrency: expected a whole number, 1 to 64, found "8"',
    '8:9: limits: expected a mapping with the keys servers, sessions, windows, panes, series, found 100',
    '10:18: web.allowed_hosts: expected a list, found "localhost"',
    '11:12: web.insecure: expected true or false, found null',
    '13:10: log.level: expected one of fatal, error, warn, info, debug, trace, silent, found a mapping',
  ],
  'yaml-tags': [
    '2:12: unknown tag, or one that does not fit; put a text that begins with ! into quotes',
    '3:13: unknown tag, or one that does not fit; put a text that begins with ! into quotes',
    '4:10: unknown tag, or one that does not fit; put a text that begins with ! into quotes',
  ],
  'yaml-version-tags': ['3:10: unknown tag, or one that does not fit; put a text that begins with ! into quotes'],
  'yaml-version': [
    '4:13: poll.schedule: expected a cron expression of 5 fields, or of 6 with seconds first, such as "*/5 * * * * *" (every 5 seconds), or the word scrape, found a time',
    '6:21: web.unix_socket_mode: expected permissions in octal digits, such as 0600; in quotes if the owner may not read and write, found a list',
  ],
};

function load(folder: 'good' | 'bad', name: string): LoadResult {
  const file = `${name}.yaml`;
  const readFile = (path: string) => readFileSync(new URL(`${folder}/${path}`, FIXTURES), 'utf8');
  return loadConfig({ flags: { 'config.file': file }, env: {}, readFile });
}

function fixtures(folder: 'good' | 'bad'): string[] {
  return readdirSync(new URL(folder, FIXTURES)).map((file) => file.replace('.yaml', ''));
}

describe('a good file', () => {
  it.each(fixtures('good'))('is loaded: %s', (name) => {
    expect(load('good', name)).toEqual({
      kind: 'loaded',
      config: { ...DEFAULTS, ...GOOD[name] },
      file: `${name}.yaml`,
    });
  });
});

describe('a bad file', () => {
  it.each(fixtures('bad'))('is refused, with every reason: %s', (name) => {
    const result = load('bad', name);
    const lines = result.kind === 'invalid' ? formatProblems(result.problems).split('\n').slice(1) : [];
    expect(lines).toEqual(BAD[name]?.map((line) => `  ${name}.yaml:${line}`));
  });
});

describe('the tables above', () => {
  it('name every fixture and no other', () => {
    expect(Object.keys(GOOD).sort()).toEqual(fixtures('good').sort());
    expect(Object.keys(BAD).sort()).toEqual(fixtures('bad').sort());
  });
});
