import { chmod, copyFile, readFile as readWhole, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createDeliver } from '../../../src/alert/delivery/delivery.ts';
import type { Receiver, TlsConfig } from '../../../src/alert/receiver/receiver.ts';
import { systemResolve } from '../../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../../src/alert/request/connect.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';
import { createPost } from '../../../src/alert/request/post.ts';
import { trialMessage } from '../../../src/alert/sample-event.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { type Certificate, makeCertificate, readCertificate } from '../../support/world/certificates.ts';
import { answers, Endpoint } from '../support/endpoint.ts';
import { ForwardProxy } from '../support/proxy.ts';
import { receiverOf } from '../support/receiver.ts';

const NO_TLS: TlsConfig = {
  caFile: null,
  certFile: null,
  keyFile: null,
  serverName: null,
  insecureSkipVerify: false,
};
const DELIVERED = { kind: 'answered', status: 204 };
const { read: readFile } = new FileReader();
const post = createPost({ resolve: systemResolve, connect: CONNECT, variables: {} });

let folder: string;
let authority: Certificate;
let server: Certificate;
let client: Certificate;
let stranger: Certificate;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await makePrivateFolder();
  authority = await makeCertificate(folder, 'authority');
  server = await makeCertificate(folder, 'server', { issuer: authority });
  client = await makeCertificate(folder, 'client', { issuer: authority });
  stranger = await makeCertificate(folder, 'stranger', { names: 'DNS:stranger.example' });
});

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

afterAll(() => removeFolder(folder));

/** An https receiver that, if asked to, only takes clients of the authority. */
async function endpointOf(certificate: Certificate, requestCert = false): Promise<Endpoint> {
  const texts = await readCertificate(certificate);
  const ca = await readWhole(authority.cert, 'utf8');
  const endpoint = await Endpoint.start(answers(204), { ...texts, ca, requestCert });
  closers.push(() => endpoint.close());
  return endpoint;
}

async function deliver(given: Partial<TlsConfig>, receiver: Partial<Receiver>): Promise<Outcome> {
  const message = trialMessage({ type: 'server-up', resolved: false, host: 'h', now: 0, id: 'msg_1', reason: 'new' });
  return createDeliver({
    receiver: receiverOf({ tlsConfig: { ...NO_TLS, ...given }, ...receiver }),
    sender: () => ({ host: 'h', version: '1', url: '' }),
    post,
    readFile,
    now: () => 0,
  })(message, new AbortController().signal);
}

describe('an https receiver', () => {
  it('is trusted by the authority in ca_file, and by no other', async () => {
    const { url } = await endpointOf(server);
    expect(await deliver({ caFile: authority.cert }, { url })).toMatchObject(DELIVERED);
    expect(await deliver({ caFile: stranger.cert }, { url })).toEqual({
      kind: 'unanswered',
      problem: expect.stringMatching(/^its certificate is not trusted/),
    });
  });

  it('takes a client certificate with its key', async () => {
    const { url } = await endpointOf(server, true);
    const certified = { caFile: authority.cert, certFile: client.cert, keyFile: client.key };
    expect(await deliver(certified, { url })).toMatchObject(DELIVERED);
    expect(await deliver({ caFile: authority.cert }, { url })).toMatchObject({ kind: 'unanswered' });
  });

  it('takes a client certificate through a proxy', async () => {
    const { url } = await endpointOf(server, true);
    const proxy = await ForwardProxy.start(url);
    closers.push(() => proxy.close());
    const certified = { caFile: authority.cert, certFile: client.cert, keyFile: client.key, serverName: 'localhost' };
    const receiver = { url: 'https://receiver.example/', proxyUrl: proxy.url };
    expect(await deliver(certified, receiver)).toMatchObject(DELIVERED);
    expect(await deliver({ caFile: authority.cert, serverName: 'localhost' }, receiver)).toMatchObject({
      kind: 'unanswered',
    });
  });

  it('has the name in server_name', async () => {
    const { url } = await endpointOf(stranger);
    const caFile = stranger.cert;
    expect(await deliver({ caFile }, { url })).toMatchObject({ problem: 'its certificate is for another host' });
    expect(await deliver({ caFile, serverName: 'stranger.example' }, { url })).toMatchObject(DELIVERED);
  });

  it('may have any certificate with insecure_skip_verify', async () => {
    const { url } = await endpointOf(stranger);
    expect(await deliver({ insecureSkipVerify: true }, { url })).toMatchObject(DELIVERED);
  });

  it('is trusted by another authority as soon as ca_file is replaced', async () => {
    const { url } = await endpointOf(server);
    const caFile = join(folder, 'replaced.crt');
    await copyFile(stranger.cert, caFile);
    expect(await deliver({ caFile }, { url })).toMatchObject({ kind: 'unanswered' });
    await copyFile(authority.cert, caFile);
    expect(await deliver({ caFile }, { url })).toMatchObject(DELIVERED);
  });
});

describe('a file of tls_config', () => {
  async function fileOf(name: string, text: string, mode = 0o600): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  }

  const problemWith = async (given: Partial<TlsConfig>) => {
    const outcome = await deliver(given, { url: 'https://127.0.0.1:9/' });
    expect(outcome.kind).toBe('unanswered');
    return outcome.kind === 'unanswered' ? outcome.problem : '';
  };

  it('that is missing is named', async () => {
    const caFile = join(folder, 'none.crt');
    expect(await problemWith({ caFile })).toBe(`${caFile} cannot be read (ENOENT)`);
  });

  it('without a certificate is named', async () => {
    const caFile = await fileOf('empty.crt', 'no PEM');
    expect(await problemWith({ caFile })).toMatch(/empty\.crt does not hold a certificate in PEM \(ERR_OSSL_\w+\)$/);
  });

  it('with a key that others can read is refused', async () => {
    const keyFile = await fileOf('open.key', await readWhole(client.key, 'utf8'), 0o644);
    expect(await problemWith({ certFile: client.cert, keyFile })).toContain(
      `${keyFile} has mode 0644, expected 0600 or 0640`,
    );
  });

  it('without a key is named, and nothing in it is shown', async () => {
    const keyFile = await fileOf('bad.key', 's3cret');
    const problem = await problemWith({ certFile: client.cert, keyFile });
    expect(problem).toMatch(/bad\.key does not hold a private key without a password in PEM \(\w+\)$/);
    expect(problem).not.toContain('s3cret');
  });

  it('with the key of another certificate is named', async () => {
    expect(await problemWith({ certFile: client.cert, keyFile: server.key })).toBe(
      `${server.key} is not the key of the certificate in ${client.cert}: configure the two that belong together`,
    );
  });
});
