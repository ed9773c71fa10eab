import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectCertificates } from '../../../src/app/requirements/certificates.ts';
import { loadConfig } from '../../../src/config/file/load.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { type Certificate, makeCertificate } from '../../support/world/certificates.ts';

const DAY_MS = 24 * 3_600_000;

describe('What check says of a certificate', () => {
  let folder: string;
  let short: Certificate;
  let long: Certificate;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    short = await makeCertificate(folder, 'short');
    long = await makeCertificate(folder, 'long', { days: 30 });
  });
  afterAll(() => removeFolder(folder));

  async function inspect(text: string, inDays = 0) {
    const result = loadConfig({ flags: { 'config.file': 'c.yml' }, env: {}, readFile: () => text });
    if (result.kind === 'invalid') throw new Error('expected a valid configuration');
    return inspectCertificates(result.config, new FileReader().read, Date.now() + inDays * DAY_MS);
  }

  async function webConfig(tls: string): Promise<string> {
    const path = join(folder, 'web.yml');
    await writeFile(path, `tls_server_config: {${tls}}\n`);
    return `web: {config: {file: ${path}}}`;
  }

  it('is nothing if it is valid for long', async () => {
    expect(await inspect(await webConfig(`cert_file: ${long.cert}, key_file: ${long.key}`))).toEqual([]);
  });

  it('is a note if it ends within two weeks, a problem if it has ended, and one if it has not begun', async () => {
    const config = await webConfig(`cert_file: ${long.cert}, key_file: ${long.key}`);
    const shown = `tls_server_config.cert_file of ${folder}/web.yml (${long.cert})`;
    expect(await inspect(config, 17)).toEqual([
      {
        verdict: 'note',
        subject: 'certificate',
        message: expect.stringMatching(/ ends in 12 d 23 h, at 20.*Z$/),
        cure: 'renew it',
      },
    ]);
    expect(await inspect(config, 31)).toEqual([
      {
        verdict: 'bad',
        subject: 'certificate',
        message: expect.stringContaining(`${shown} has ended at 20`),
        cure: 'renew it',
      },
    ]);
    expect(await inspect(config, -1)).toMatchObject([
      { verdict: 'bad', message: expect.stringContaining(`${shown} is not valid before 20`) },
    ]);
  });

  it('counts a certificate in the web config file itself, and the authorities of clients', async () => {
    const text = (await readFile(short.cert, 'utf8')).replaceAll('\n', '\\n');
    const clients = `client_auth_type: RequireAndVerifyClientCert, client_ca_file: ${short.cert}`;
    const config = await webConfig(`cert: "${text}", key_file: ${short.key}, ${clients}`);
    expect(await inspect(config, 2)).toMatchObject([
      { verdict: 'bad', message: expect.stringContaining('web.yml has ended at') },
      { verdict: 'bad', message: expect.stringContaining(`client_ca_file of ${folder}/web.yml (${short.cert}) has`) },
    ]);
  });

  it('counts authorities as long as one of them is valid', async () => {
    const both = join(folder, 'both.crt');
    await writeFile(both, await readFile(short.cert));
    await appendFile(both, await readFile(long.cert));
    expect(await inspect(`webhooks: [{name: ops, url: "https://x/", tls_config: {ca_file: ${both}}}]`, 2)).toEqual([]);
  });

  it.each([
    ['webhooks', 'web hook'],
    ['alertmanagers', 'Alertmanager'],
  ])('counts the files of %s', async (list, owner) => {
    const tls = `{ca_file: ${short.cert}, cert_file: ${short.cert}, key_file: ${short.key}}`;
    const entry = `{name: ops, url: "https://x/", tls_config: ${tls}}`;
    expect(await inspect(`${list}: [${entry}]`, 2)).toMatchObject([
      { message: expect.stringContaining(`tls_config.ca_file of ${owner} ops (${short.cert}) has ended`) },
      { message: expect.stringContaining(`tls_config.cert_file of ${owner} ops (${short.cert}) has ended`) },
    ]);
  });

  it('counts the files of the bus', async () => {
    const bus = `bus: {servers: ["tls://n1:4222"], tls: {ca_file: ${short.cert}}}`;
    expect(await inspect(bus, 2)).toMatchObject([{ message: expect.stringContaining('bus.tls.ca_file (') }]);
  });
});
