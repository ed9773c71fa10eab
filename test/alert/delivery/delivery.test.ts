import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createDeliver } from '../../../src/alert/delivery/delivery.ts';
import type { Receiver } from '../../../src/alert/receiver/receiver.ts';
import { systemResolve } from '../../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../../src/alert/request/connect.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';
import { createPost } from '../../../src/alert/request/post.ts';
import { trialMessage } from '../../../src/alert/sample-event.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { Endpoint, type EndpointRequest } from '../support/endpoint.ts';
import { receiverOf } from '../support/receiver.ts';

const OLD_SECRET = `whsec_${Buffer.alloc(32, 'old').toString('base64')}`;
const NEW_SECRET = `whsec_${Buffer.alloc(32, 'new').toString('base64')}`;
const { read: readFile } = new FileReader();
const post = createPost({ resolve: systemResolve, connect: CONNECT, variables: {} });

let folder: string;
let endpoint: Endpoint;

beforeAll(async () => {
  folder = await makePrivateFolder();
  endpoint = await Endpoint.start();
});

afterAll(async () => {
  await endpoint.close();
  await removeFolder(folder);
});

beforeEach(() => {
  endpoint.requests.length = 0;
});

async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function deliver(given: Partial<Receiver>, now = Date.now()): Promise<Outcome> {
  const receiver = receiverOf({ url: `${endpoint.url}/hook`, ...given });
  const sender = () => ({ host: 'machine', version: '1.2.3', url: 'http://127.0.0.1:8689' });
  const message = trialMessage({
    type: 'server-gone',
    resolved: false,
    host: 'machine',
    now,
    id: 'msg_1',
    reason: 'new',
  });
  return createDeliver({ receiver, sender, post, readFile, now: () => now })(message, new AbortController().signal);
}

async function sent(given: Partial<Receiver>, now?: number): Promise<EndpointRequest> {
  expect(await deliver(given, now)).toMatchObject({ kind: 'answered', status: 204 });
  const request = endpoint.requests.at(-1);
  if (!request) throw new Error('nothing came');
  return request;
}

function verify(secret: string, { body, headers }: EndpointRequest): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

describe('the signature', () => {
  it('is taken by the library of Standard Webhooks', async () => {
    const request = await sent({ secretFile: await secretFile('one', `${NEW_SECRET}\n`) });
    expect(verify(NEW_SECRET, request)).toMatchObject({ id: 'msg_1', type: 'server-gone' });
  });

  it('is made by every secret while one replaces another', async () => {
    const request = await sent({ secretFile: await secretFile('two', `${NEW_SECRET}\n${OLD_SECRET}\n`) });
    expect(verify(NEW_SECRET, request)).toEqual(verify(OLD_SECRET, request));
  });

  it('is not taken with a changed byte, another id, another moment or a wrong key', async () => {
    const request = await sent({ secretFile: await secretFile('three', NEW_SECRET) });
    const { body, headers } = request;
    const later = String(Number(headers['webhook-timestamp']) + 1);
    const forgeries: EndpointRequest[] = [
      { ...request, body: body.replace('trial', 'trail') },
      { ...request, headers: { ...headers, 'webhook-id': 'msg_2' } },
      { ...request, headers: { ...headers, 'webhook-timestamp': later } },
    ];
    for (const forgery of forgeries) expect(() => verify(NEW_SECRET, forgery)).toThrow('No matching signature found');
    expect(() => verify(OLD_SECRET, request)).toThrow('No matching signature found');
  });

  it('is not taken when it is old', async () => {
    const request = await sent({ secretFile: await secretFile('four', NEW_SECRET) }, Date.now() - 6 * 60_000);
    expect(() => verify(NEW_SECRET, request)).toThrow('Message timestamp too old');
  });

  it.each(['whsec_c2hvcnQ=', 'not base64!', `${NEW_SECRET}\nwhsec_`])('is not made by %j', async (text) => {
    expect(await deliver({ secretFile: await secretFile('bad', text) })).toMatchObject({
      kind: 'unanswered',
      problem: expect.stringMatching(
        /bad contains no secret: expected whsec_ and the base64 of 24 bytes or more on each line/,
      ),
    });
    expect(endpoint.requests).toEqual([]);
  });
});

describe('a bug in the exporter', () => {
  it('is a failed attempt, and its error is not shown', async () => {
    const sender = () => {
      throw new Error('s3cret');
    };
    const message = trialMessage({ type: 'server-up', resolved: false, host: '', now: 0, id: 'msg_1', reason: 'new' });
    const outcome = await createDeliver({ receiver: receiverOf(), sender, post, readFile, now: () => 0 })(
      message,
      new AbortController().signal,
    );
    expect(outcome).toEqual({
      kind: 'unsendable',
      problem: 'the message cannot be rendered, because of a bug in the exporter',
    });
  });
});

describe('the access', () => {
  it('has a bearer token from a file, which is read each time', async () => {
    const bearerTokenFile = await secretFile('token', 't0ken\n');
    expect((await sent({ bearerTokenFile })).headers.authorization).toBe('Bearer t0ken');
    await writeFile(bearerTokenFile, 'another');
    expect((await sent({ bearerTokenFile })).headers.authorization).toBe('Bearer another');
  });

  it('has a user name, and a password from a file', async () => {
    const passwordFile = await secretFile('password', 'pässword\n');
    const { headers } = await sent({ basicAuth: { username: 'me', passwordFile } });
    const [, token = ''] = headers.authorization?.split(' ') ?? [];
    expect(Buffer.from(token, 'base64').toString()).toBe('me:pässword');
  });

  it('has a URL from a file, and headers', async () => {
    const urlFile = await secretFile('url', `${endpoint.url}/from-file\n`);
    const request = await sent({ url: null, urlFile, headers: { 'x-team': 'ops' } });
    expect(request).toMatchObject({
      path: '/from-file',
      headers: { 'x-team': 'ops', 'user-agent': 'tmux-exporter/1.2.3' },
    });
  });

  it.each([
    ['that others can read', 'x', 0o604, 'has mode 0604, expected 0600 or 0640: run chmod 600 '],
    ['that its group can write', 'x', 0o660, 'has mode 0660, expected 0600 or 0640: run chmod 600 '],
    ['that is empty', ' \n', 0o600, 'is empty'],
    ['with an accent', 'tökén', 0o600, 'contains characters that a header cannot contain'],
  ])('is refused with a file %s', async (_, text, mode, problem) => {
    const bearerTokenFile = await secretFile('refused', text, mode);
    expect(await deliver({ bearerTokenFile })).toEqual({
      kind: 'unanswered',
      problem: expect.stringContaining(`${bearerTokenFile} ${problem}`),
    });
  });

  it.each([
    ['URL', (urlFile) => ({ url: null, urlFile })],
    ['token', (bearerTokenFile) => ({ bearerTokenFile })],
    ['password', (passwordFile) => ({ basicAuth: { username: 'me', passwordFile } })],
  ] satisfies [string, (file: string) => Partial<Receiver>][])(
    'is refused with two lines in the file of the %s',
    async (what, given) => {
      const file = await secretFile('lines', `${endpoint.url}/one\n${endpoint.url}/two\n`);
      expect(await deliver(given(file))).toEqual({
        kind: 'unanswered',
        problem: `${file}: expected one ${what} on one line, found 2 lines`,
      });
      expect(endpoint.requests).toEqual([]);
    },
  );

  it('is refused with a file that is not there', async () => {
    const urlFile = join(folder, 'none');
    expect(await deliver({ url: null, urlFile })).toEqual({
      kind: 'unanswered',
      problem: `${urlFile} cannot be read (ENOENT)`,
    });
  });

  it.each([
    'ftp://127.0.0.1/',
    'http://me:s3cret@127.0.0.1/',
    'nonsense',
    'http://127.0.0.1/a\tb',
    'http://127.0.0.1:0/',
  ])('is refused with the URL %j', async (text) => {
    const urlFile = await secretFile('bad-url', text);
    const outcome = await deliver({ url: null, urlFile });
    expect(outcome).toMatchObject({
      kind: 'unanswered',
      problem: expect.stringContaining('does not contain an http or https URL'),
    });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });
});
