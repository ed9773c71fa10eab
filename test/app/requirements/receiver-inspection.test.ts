import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Receiver } from '../../../src/alert/receiver/receiver.ts';
import type { Resolve } from '../../../src/alert/request/address-guard.ts';
import { inspectReceivers } from '../../../src/app/requirements/receiver-inspection.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { alertmanagerOf, receiverOf } from '../../alert/support/receiver.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

const REFUSED = 'its address is link-local, a metadata service, multicast or none at all: nothing is sent there';
const FINE = { verdict: 'fine', subject: 'web hook ops', message: 'can be used' };

const ENVIRONMENT = { hostname: 'machine', version: '1', readFile: new FileReader().read };

/** DNS in which `metadata.example` leads to a metadata service, and no name but these exists. */
const resolve: Resolve = async (host) => {
  const addresses: Readonly<Record<string, string>> = {
    'metadata.example': '169.254.169.254',
    'hooks.example': '192.0.2.1',
    'proxy.example': '192.0.2.2',
  };
  const address = addresses[host];
  if (address === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return [{ address, family: 4 }];
};

describe('What check says of a receiver', () => {
  function inspect(given: Partial<Receiver>, variables: Record<string, string> = {}) {
    const config = { webhooks: [receiverOf(given)], alertmanagers: [] };
    return inspectReceivers(config, null, { ...ENVIRONMENT, variables }, resolve);
  }

  it.each(['http://127.0.0.1:9/', 'https://hooks.example/x', 'http://[::1]/'])(
    'is that it can be used: %s',
    async (url) => {
      expect(await inspect({ url })).toEqual([FINE]);
    },
  );

  it.each(['http://169.254.169.254/latest', 'https://metadata.example/', 'http://[fe80::1]/', 'http://0.0.0.0/'])(
    'is the refusal that a delivery would meet: %s',
    async (url) => {
      expect(await inspect({ url })).toEqual([{ verdict: 'bad', subject: 'web hook ops', message: REFUSED }]);
    },
  );

  it('is that its URL has to be on one line', async () => {
    const folder = await makePrivateFolder();
    const urlFile = join(folder, 'url');
    await writeFile(urlFile, 'https://hooks.example/one\nhttps://hooks.example/two\n', { mode: 0o600 });
    const message = `${urlFile}: expected one URL on one line, found 2 lines`;
    expect(await inspect({ url: null, urlFile })).toEqual([{ verdict: 'bad', subject: 'web hook ops', message }]);
    await removeFolder(folder);
  });

  it('is the refusal of what its proxy would be asked for, and of the proxy itself', async () => {
    const proxyUrl = 'http://proxy.example:3128';
    expect(await inspect({ url: 'https://elsewhere.example/', proxyUrl })).toEqual([FINE]);
    expect(await inspect({ url: 'http://metadata.google.internal/', proxyUrl })).toMatchObject([
      { verdict: 'bad', message: 'its host is a metadata service: nothing is sent there' },
    ]);
    expect(await inspect({ proxyUrl: 'http://metadata.example:80' })).toMatchObject([
      { verdict: 'bad', message: `its proxy: ${REFUSED}` },
    ]);
  });

  it('is that the proxy of the environment cannot be used', async () => {
    const [result] = await inspect(
      { url: 'https://hooks.example/', proxyFromEnvironment: true },
      { HTTPS_PROXY: 'ftp://x' },
    );
    expect(result).toMatchObject({ verdict: 'bad', message: expect.stringContaining('HTTPS_PROXY does not hold') });
  });

  it('is a note if its name has no address now: it may have one later', async () => {
    expect(await inspect({ url: 'https://nowhere.example/' })).toEqual([
      {
        verdict: 'note',
        subject: 'web hook ops',
        message: 'the name of its host is not known',
        cure: 'check its URL, and the DNS of this machine',
      },
    ]);
  });

  it('is a note if its certificate is not verified', async () => {
    const { tlsConfig } = receiverOf();
    const results = await inspect({ tlsConfig: { ...tlsConfig, insecureSkipVerify: true } });
    expect(results).toEqual([
      FINE,
      {
        verdict: 'note',
        subject: 'web hook ops',
        message: 'its certificate is not verified, so everybody on the way can read and change the messages',
        cure: 'remove insecure_skip_verify, and name its authority in tls_config.ca_file if Node does not know it',
      },
    ]);
  });

  it('is a note if none of its events is ever severe enough to be sent', async () => {
    const note = {
      verdict: 'note',
      subject: 'web hook ops',
      message: 'none of its events is ever of severity critical or worse, so it is never sent anything',
      cure: 'lower min_severity, or add types to events',
    };
    expect(await inspect({ events: ['server-up', 'server-unreachable'], minSeverity: 'critical' })).toEqual([
      FINE,
      note,
    ]);
    expect(await inspect({ events: ['server-up', 'server-gone'], minSeverity: 'critical' })).toEqual([FINE]);
  });

  it('holds for an Alertmanager, too', async () => {
    const config = { webhooks: [], alertmanagers: [alertmanagerOf({ name: 'prod', url: 'http://metadata.example/' })] };
    expect(await inspectReceivers(config, null, { ...ENVIRONMENT, variables: {} }, resolve)).toEqual([
      { verdict: 'bad', subject: 'Alertmanager prod', message: REFUSED },
    ]);
  });
});
