import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli } from '../support/daemon/daemon.ts';

/** What each path of the API answers; 404 for others. */
type Answers = Readonly<Record<string, readonly [status: number, body: object]>>;

const NOT_FOUND = { error: { code: 'not_found', message: 'there is nothing at this path' } };

describe('hosts', () => {
  let server: Server;
  let answers: Answers;

  beforeEach(async () => {
    answers = {};
    server = createServer(({ url = '' }, response) => {
      const [status, body] = answers[url] ?? [404, NOT_FOUND];
      response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  function run(...words: string[]) {
    return cli([...words, `--url=http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  }

  const seen = new Date(Date.now() - 3 * 86_400_000 - 3_600_000).toISOString();
  const build7 = {
    name: 'build7',
    host: 'box',
    state: 'silent',
    last_seen: seen,
    counts: { up: 12, gone: 1, unresponsive: 2, pending: 1 },
    behind: 3,
  };
  const hostile = { name: 'a\u001b[2J\u202e', host: 7, state: null, last_seen: 'once', counts: [], behind: '9' };

  it('are a table, safe in a terminal', async () => {
    answers = { '/api/v1/hosts': [200, { hosts: [build7, hostile] }] };
    const { code, stdout } = await run('hosts');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'NAME    STATE   UP  GONE  OTHER  LAST SEEN    BEHIND  HOST',
      'build7  silent  12  1     3      3 d 1 h ago  3       box',
      'a\ufffd[2J\ufffd  -       -   -     -      -            -       -',
      '',
    ]);
  });

  it('are JSON for programs', async () => {
    answers = { '/api/v1/hosts': [200, { hosts: [build7, hostile] }] };
    const { stdout } = await run('hosts', '--json');
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse(stdout)).toEqual({ hosts: [build7, hostile] });
  });

  it('are none before the first has reported itself', async () => {
    answers = { '/api/v1/hosts': [200, { hosts: [] }] };
    expect((await run('hosts')).stdout).toBe('No exporter has reported itself to the bus.\n');
  });

  it('are not known to a hub that never read the bus', async () => {
    const message = 'the bus was not read yet, so the hosts are not known';
    answers = { '/api/v1/hosts': [503, { error: { code: 'not_ready', message } }] };
    const { code, stdout, stderr } = await run('hosts');
    expect([code, stdout, stderr]).toEqual([1, '', `${message}\n`]);
  });

  it('are asked of a hub, not of an exporter', async () => {
    const { code, stderr } = await run('hosts');
    expect([code, stderr]).toEqual([
      2,
      'hosts: expected the hub of a fleet, found an exporter without one: name a hub with --url\n',
    ]);
  });

  it('are what a hub has in place of servers', async () => {
    answers = { '/api/v1/hosts': [200, { hosts: [] }] };
    const { code, stderr } = await run('servers', 'list');
    expect([code, stderr]).toEqual([
      2,
      'servers: expected an exporter, found the hub of a fleet: use "tmux-exporter hosts"\n',
    ]);
  });

  it('leave the errors of an exporter as they are', async () => {
    answers = { '/api/v1/servers': [401, { error: { code: 'unauthorized', message: 'expected a token' } }] };
    expect(await run('servers', 'list')).toMatchObject({ code: 1, stderr: 'expected a token\n' });
    answers = {};
    expect(await run('servers', 'list')).toMatchObject({ code: 1, stderr: 'there is nothing at this path\n' });
  });
});
