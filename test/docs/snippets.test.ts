import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readClientFile } from '../../src/config/file/client-file.ts';
import { loadConfig } from '../../src/config/file/load.ts';
import { readWebFile } from '../../src/config/file/web-file.ts';
import { selectorsOf, syntaxErrors } from '../dashboards/support/promql.ts';
import { cli, daemonFlags } from '../support/daemon/daemon.ts';
import { schemaProblem } from '../support/judges/event-schema.ts';
import { eventually } from '../support/machine/eventually.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { Bench, type Outcome, type Running } from './support/bench.ts';
import { documentedFamilies } from './support/metrics-reference.ts';
import { documentedScripts, documentedSnippets, type Snippet, snippetsOf } from './support/snippets.ts';

/** The shells in which something that is for `sh` has to work. */
const SH = ['dash', 'bash', 'zsh'].filter(isInstalled);

/** How one kind of snippet is tried. */
interface Handler {
  readonly kind: string;
  readonly takes: (snippet: Snippet) => boolean;
  readonly run: (snippet: Snippet) => Promise<void>;
}

function sh(pattern: RegExp): Handler['takes'] {
  return ({ language, text }) => language === 'sh' && pattern.test(text);
}

function inLanguage(...languages: readonly string[]): Handler['takes'] {
  return ({ language }) => languages.includes(language);
}

function yaml(isForPrometheus: boolean): Handler['takes'] {
  return ({ language, text }) => language === 'yaml' && /^scrape_configs:/m.test(text) === isForPrometheus;
}

function installs({ language, text }: Snippet): boolean {
  return language === 'sh' && INSTALLS.test(text) && /\b(link|unlink|git|loginctl|service|sudo|rm)\b/.test(text);
}

function clientConfig(snippet: Snippet): boolean {
  return yaml(false)(snippet) && /^exporters:$/m.test(snippet.text);
}

function webConfig({ language, text }: Snippet): boolean {
  return language === 'yaml' && /^tls_server_config:/m.test(text);
}

/** The program without which a snippet cannot be tried; null if there is none. */
function neededBy(snippet: Snippet): string | null {
  if (['bash', 'zsh', 'fish'].includes(snippet.language)) return snippet.language;
  return yaml(true)(snippet) ? 'promtool' : null;
}

const LOOKS =
  /^((tmux-exporter (servers list|check|webhook (queue|dead|replay))|curl (?!-X)|ps|df|journalctl|systemctl)( .*|.*)?\n)+$/;
const INSTALLS =
  /^((npm (ci|link|uninstall)|git pull|loginctl|systemctl --user|sudo (apt|systemctl)|tmux-exporter (service|check)|rm -r?f ~\/\.)\b.*\n)+$/;

const HANDLERS: readonly Handler[] = [
  { kind: 'runs scripts of npm', takes: sh(/^(npm (ci|start|test|run)(?!.*npm link).*\n)+$/), run: npm },
  { kind: 'installs or removes', takes: installs, run: install },
  { kind: 'has a tmux server of its own', takes: sh(/^tmux -L /m), run: tour },
  { kind: 'keeps a secret', takes: sh(/umask 077/), run: secret },
  { kind: 'tries a receiver', takes: sh(/^(tmux-exporter webhook test .*\n)+$/), run: trial },
  { kind: 'runs our commands from a checkout', takes: sh(/^eval "\$\(npm start --silent -- /m), run: fromCheckout },
  { kind: 'changes the servers of a daemon', takes: sh(/^tmux-exporter servers add /), run: servers },
  { kind: 'follows the feed by our command', takes: sh(/^(tmux-exporter watch.*\n)+$/), run: watch },
  { kind: 'follows the feed by curl', takes: sh(/^while :; do$/m), run: follow },
  { kind: 'copies the rules', takes: sh(/\/etc\/prometheus/), run: copy },
  { kind: 'runs containers', takes: sh(/^[^#]*docker compose /m), run: docker },
  { kind: 'looks at what is', takes: sh(LOOKS), run: look },
  { kind: 'is a start file of a shell', takes: inLanguage('bash', 'zsh', 'fish'), run: startFile },
  { kind: 'asks a daemon', takes: inLanguage('curl'), run: ask },
  { kind: 'configures Prometheus', takes: yaml(true), run: prometheus },
  { kind: 'configures the commands', takes: clientConfig, run: configureClient },
  {
    kind: 'configures the exporter',
    takes: (snippet) => yaml(false)(snippet) && !webConfig(snippet) && !clientConfig(snippet),
    run: configure,
  },
  { kind: 'configures TLS and users', takes: webConfig, run: configureWeb },
  { kind: 'is an event', takes: inLanguage('json'), run: event },
  { kind: 'queries Prometheus', takes: inLanguage('promql'), run: query },
  { kind: 'shows a terminal', takes: inLanguage('console'), run: transcript },
  { kind: 'is read, not pasted', takes: inLanguage('text'), run: drawing },
];

let bench: Bench;
let server: TmuxServer;

describe('Every snippet of the documents', () => {
  beforeAll(async () => {
    bench = await Bench.start();
    server = await TmuxServer.start({ folder: bench.daemon.sockets, name: 'work' });
  }, 60_000);
  afterAll(async () => {
    await server.cleanup();
    await bench.cleanup();
  });

  for (const snippet of documentedSnippets()) {
    const needed = neededBy(snippet);
    const test = needed === null || isInstalled(needed) ? it : it.skip;
    test(`${snippet.place} (${snippet.language}) does what it says`, async () => {
      const handlers = HANDLERS.filter(({ takes }) => takes(snippet));
      expect(handlers.map(({ kind }) => kind)).toHaveLength(1);
      await handlers[0]?.run(snippet);
    }, 60_000);
  }

  it.each(documentedScripts())('names a script that is there: npm run %s (%s)', (script, folder) => {
    expect(Object.keys(scriptsOf(folder))).toContain(script);
  });

  it('is found, in a list and in a sentence too', () => {
    const text = 'A `curl a:1/b`:\n\n- one\n\n  ```sh\n  curl c\n  ```\n';
    expect(snippetsOf('x.md', text)).toEqual([
      { place: 'x.md:5', language: 'sh', text: 'curl c\n' },
      { place: 'x.md:1', language: 'curl', text: 'curl a:1/b' },
    ]);
  });

  it.each(['```sh\nrm -r x\n```\n', '```\nx\n```\n', '```python\nx\n```\n'])(
    'needs somebody who tries it: %j',
    (text) => {
      const [snippet] = snippetsOf('x.md', text);
      expect(snippet && HANDLERS.filter(({ takes }) => takes(snippet))).toEqual([]);
    },
  );
});

async function npm({ text }: Snippet): Promise<void> {
  const scripts = scriptsOf('.');
  const before = bench.calls().length;
  for (const line of text.trim().split('\n'))
    expect(await bench.run('dash', line)).toMatchObject({ code: 0, stderr: '' });
  const calls = bench.calls().slice(before);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    const [, verb = '', ...words] = call.split(' ');
    if (verb !== 'ci') expect(Object.keys(scripts)).toContain(verb === 'run' ? words[0] : verb);
    if (verb === 'start') expect((await cli(['serve', ...words.slice(1), '--help'])).code).toBe(0);
  }
}

/** The programs that would change the machine are only written down, and the home is the bench's. */
async function install({ text }: Snippet): Promise<void> {
  expect(await bench.run('dash', text)).toMatchObject({ code: 0, stderr: '' });
  const unit = join(bench.folder, '.config/systemd/user/tmux-exporter.service');
  if (/service install --now( daemon|\s)/.test(text)) expect(existsSync(unit)).toBe(true);
  if (text.includes('rm -f')) expect(existsSync(unit)).toBe(false);
}

/** How the server of a tour ends, by the command that ends it. */
const ENDS: readonly (readonly [RegExp, object])[] = [
  [/kill-server/, { reason: 'exited', cause: 'shut_down', severity: 'warning' }],
  [/kill -9/, { reason: 'crashed', severity: 'critical' }],
  [/kill-session/, { reason: 'exited', cause: 'last_session_closed', severity: 'info' }],
];

async function tour({ text }: Snippet): Promise<void> {
  const isUp = async () => (await bench.daemon.sample('tmux_server_up{server="tour"}')) === 1;
  const lines = text.trim().split('\n');
  const start = "tmux -L tour new-session -d -s notes 'sleep 1000'";
  try {
    for (const line of text.includes('new-session') ? lines : [start, ...lines]) {
      expect(await bench.run('dash', line)).toMatchObject({ code: 0, stderr: '' });
      if (!line.includes('new-session')) continue;
      await eventually('it is up', isUp);
      await eventually('it is watched', async () => (await bench.daemon.sample('tmux_exporter_watches')) === 2);
    }
    const [, end] = ENDS.find(([command]) => command.test(text)) ?? [];
    if (end) await eventually('its end is reported', async () => !(await isUp()));
    if (end) expect((await deathsOf('tour')).at(-1)).toMatchObject(end);
  } finally {
    await bench.run('dash', 'tmux -L tour kill-server');
    await eventually('it is gone', async () => !(await isUp()));
  }
}

async function deathsOf(name: string): Promise<object[]> {
  const response = await fetch(`${bench.daemon.url}/events?poll=1&format=ndjson&type=server-gone&server=${name}`);
  const messages = (await response.text()).trim().split('\n');
  return messages.map((line) => JSON.parse(line)).filter(({ type }) => type === 'server-gone');
}

async function secret({ text }: Snippet): Promise<void> {
  expect(await bench.run('dash', text)).toMatchObject({ code: 0, stderr: '' });
  const [, name = ''] = /> ~\/(\S+?)\)/.exec(text) ?? [];
  const { mode, size } = statSync(join(bench.folder, name));
  expect({ mode: mode & 0o777, isEmpty: size === 0 }).toEqual({ mode: 0o600, isEmpty: false });
}

async function trial({ text }: Snippet): Promise<void> {
  const posted: string[] = [];
  const receiver = createServer((request, response) => {
    posted.push(request.method ?? '');
    response.end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const file = join(bench.folder, '.config/tmux-exporter/config.yml');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `webhooks: [{name: oncall, url: 'http://127.0.0.1:${port}/'}]\n`);
  try {
    const { code, stdout, stderr } = await bench.run('dash', text);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('oncall: delivered, 200');
    expect(posted).toEqual(['POST']);
  } finally {
    rmSync(file);
    receiver.close();
  }
}

async function event({ text }: Snippet): Promise<void> {
  expect(schemaProblem(JSON.parse(text))).toBeNull();
}

async function query({ text }: Snippet): Promise<void> {
  const families = new Map((await documentedFamilies()).map((family) => [family.name, family]));
  for (const expression of text.trim().split('\n')) {
    expect(syntaxErrors(expression)).toEqual([]);
    for (const { metric, matchers } of selectorsOf(expression)) {
      const family = families.get(metric.replace(/_bucket$/, ''));
      expect({ metric, labels: family?.labels }).toMatchObject({
        labels: expect.arrayContaining(matchers.map(({ label }) => label)),
      });
    }
  }
}

/** npm itself is run by the test of the command `npm start`: here it is what follows that counts. */
async function fromCheckout({ text }: Snippet): Promise<void> {
  const commands = [...text.matchAll(/npm start --silent -- ([a-z -]+[a-z])/g)].map(([, words = '']) =>
    words.split(' '),
  );
  expect(commands.length).toBe(text.trim().split('\n').length);
  for (const words of commands) {
    const flags = words[0] === 'once' ? daemonFlags(bench.daemon.sockets) : [];
    const { code, stdout } = await cli([...words, ...flags]);
    expect({ code, hasOutput: stdout !== '' }).toEqual({ code: 0, hasOutput: true });
  }
}

async function servers({ text }: Snippet): Promise<void> {
  for (const shell of SH) {
    const stdout = 'agents is registered.\nagents is deregistered.\n';
    expect(await bench.run(shell, text)).toEqual({ code: 0, stdout, stderr: '' });
    expect(await (await fetch(`${bench.daemon.url}/api/v1/servers/agents`)).json()).toMatchObject({ error: {} });
  }
}

async function watch({ text }: Snippet): Promise<void> {
  for (const line of text.trim().split('\n')) {
    await whileRunning('dash', `${line} 2>&1`, async (running) => {
      await following();
      await dieAndReturn();
      const read = () => {
        if (line.includes('--desktop')) return bench.calls().join('\n');
        return line.includes('deaths.log') ? textOf('deaths.log') : running.output();
      };
      await eventually('its end is reported', () => /server work crashed/.test(read()));
    });
  }
}

async function follow({ text }: Snippet): Promise<void> {
  for (const shell of SH) {
    const { stdout } = await whileRunning(shell, text, async (running) => {
      const lines = () => running.output().split('\n').length - 1;
      await following();
      await dieAndReturn();
      await eventually(`${shell} prints a death`, () => lines() === 1);
      // What happens while it is not connected comes when it is again.
      await eventually('curl is cut off', () => endCurlOf(running.pid));
      await dieAndReturn();
      await eventually(`${shell} goes on`, () => lines() === 2);
    });
    const deaths = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(deaths).toMatchObject([{ type: 'server-gone' }, { type: 'server-gone', server: { name: 'work' } }]);
    expect(new Set(deaths.map(({ id }) => id)).size).toBe(2);
  }
}

/** Does something while a snippet runs on, and ends it whatever comes of that. */
async function whileRunning(shell: string, text: string, work: (running: Running) => Promise<void>): Promise<Outcome> {
  await eventually('nobody follows', async () => (await bench.daemon.sample('tmux_exporter_feed_clients')) === 0);
  const running = bench.start(shell, text);
  try {
    await work(running);
  } finally {
    await running.stop();
  }
  return running.outcome;
}

async function copy({ text }: Snippet): Promise<void> {
  expect(await bench.run('dash', text)).toEqual({ code: 0, stdout: '', stderr: '' });
  const names = readdirSync(join(bench.folder, 'prometheus/tmux'));
  expect(names.sort()).toEqual(['tmux-idle.rules.yml', 'tmux.rules.yml']);
}

async function docker({ text }: Snippet): Promise<void> {
  const before = bench.calls().length;
  expect(await bench.run('dash', text)).toMatchObject({ code: 0, stderr: '' });
  const calls = bench
    .calls()
    .slice(before)
    .filter((call) => call.startsWith('docker'));
  const compose = parse(textOf('docker/compose.yaml')) as { services: Record<string, { profiles?: string[] }> };
  for (const call of calls) {
    const [, file, profile] = /^docker compose -f (\S+)(?: --profile (\S+))? up -d$/.exec(call) ?? [];
    expect(file).toBe('docker/compose.yaml');
    const profiles = Object.values(compose.services).flatMap(({ profiles: own = [] }) => own);
    if (profile) expect(profiles).toContain(profile);
  }
  expect(calls).toHaveLength(1);
  if (text.includes('secrets')) expect(textOf('docker/secrets/grafana-admin-password').trim()).toHaveLength(24);
  if (text.includes('secrets')) expect(textOf('docker/secrets/exporter-token').trim()).toHaveLength(43);
}

async function look({ text }: Snippet): Promise<void> {
  expect(await bench.run('dash', text)).toMatchObject({ stderr: '' });
}

async function startFile({ language, text }: Snippet): Promise<void> {
  expect(await bench.run(language, text)).toEqual({ code: 0, stdout: '', stderr: '' });
}

async function ask({ text }: Snippet): Promise<void> {
  const { stderr } = await whileRunning('dash', text, async (running) => {
    await (text.includes('-N') ? following() : running.outcome);
    if (text.includes('type=server-gone')) await dieAndReturn();
    if (text.includes('-N')) await eventually('it prints something', () => running.output() !== '');
  });
  expect(stderr.replace(/^\s*% Total[\s\S]*/m, '')).toBe('');
}

async function prometheus({ text }: Snippet): Promise<void> {
  const step = documentedSnippets().find((snippet) => HANDLERS.find(({ takes }) => takes(snippet))?.run === copy);
  if (!step) throw new Error('no step copies the rules');
  await copy(step);
  const file = join(bench.folder, 'prometheus/prometheus.yml');
  writeFileSync(file, text);
  const checked = execFileSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
  expect(checked).toContain('SUCCESS');
  if (!text.includes('rule_files:')) return;
  expect(checked).toContain('1 rule files found');
  expect(parse(text)).toMatchObject({ alerting: { alertmanagers: [{}] } });
}

async function configure({ text }: Snippet): Promise<void> {
  const env = { TMUX_EXPORTER_CONFIG_FILE: '/etc/tmux-exporter.yml' };
  expect(loadConfig({ flags: {}, env, readFile: () => text })).toMatchObject({ kind: 'loaded' });
}

async function configureClient({ text }: Snippet): Promise<void> {
  expect(readClientFile('/client.yml', text)).toMatchObject({ kind: 'read' });
}

async function configureWeb({ text }: Snippet): Promise<void> {
  expect(readWebFile('web.yml', text)).toMatchObject({ kind: 'read', file: { tls: {} } });
}

async function transcript({ text }: Snippet): Promise<void> {
  const commands = text.split('\n').flatMap((line) => /^\$ (.+)$/.exec(line)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) execFileSync('dash', ['-n', '-c', command]);
}

async function drawing({ text }: Snippet): Promise<void> {
  expect(text).not.toMatch(/^\$ /m);
}

function scriptsOf(folder: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(new URL(`../../${folder}/package.json`, import.meta.url), 'utf8')).scripts;
}

/** Whether a shell ran curl, which has ended now. A child may leave while it is looked at. */
function endCurlOf(shellPid: number): boolean {
  const curls = childrenOf(shellPid).filter((pid) => nameOf(pid) === 'curl');
  for (const pid of curls) process.kill(pid, 'SIGKILL');
  return curls.length > 0;
}

function nameOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Settles when somebody follows the feed. */
async function following(): Promise<void> {
  await eventually(
    'somebody follows',
    async () => ((await bench.daemon.sample('tmux_exporter_feed_clients')) ?? 0) > 0,
  );
}

async function dieAndReturn(): Promise<void> {
  await watched(bench.daemon, server);
  await server.crash();
  await server.restart();
  await watched(bench.daemon, server);
}

function textOf(name: string): string {
  const path = join(bench.folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
