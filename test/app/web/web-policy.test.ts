import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StartRefusal } from '../../../src/app/start-refusal.ts';
import { WebPolicyFile } from '../../../src/app/web/web-policy.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import type { WebPolicy } from '../../../src/http/access/policy.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { makeCertificate } from '../../support/world/certificates.ts';

const TLS = 'tls_server_config: {cert_file: own.crt, key_file: own.key}\n';
const HEADERS = 'http_server_config: {headers: {X-Frame-Options: deny}}\n';

describe('The policy of a web config file', () => {
  let folder: string;
  let path: string;
  let news: string[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    path = join(folder, 'web.yml');
    news = [];
  });
  afterEach(() => removeFolder(folder));

  const open = (problemOf: (policy: WebPolicy) => string | null = () => null) =>
    WebPolicyFile.open({
      path,
      readFile: new FileReader().read,
      problemOf,
      onLoaded: () => void news.push('loaded'),
      onFailed: (problem) => void news.push(problem.replaceAll(folder, '')),
    });

  it('follows the file', async () => {
    await writeFile(path, '');
    const { policy } = await open();
    expect((await policy()).headers).toEqual({});
    await writeFile(path, HEADERS);
    expect((await policy()).headers).toEqual({ 'X-Frame-Options': 'deny' });
    expect((await policy()).headers).toEqual({ 'X-Frame-Options': 'deny' });
    expect(news).toEqual(['loaded']);
  });

  it('keeps its TLS as long as nothing changes, and follows a certificate', async () => {
    await makeCertificate(folder, 'own');
    await writeFile(path, TLS);
    const { policy } = await open();
    const { tls } = await policy();
    expect((await policy()).tls).toBe(tls);
    await makeCertificate(folder, 'own');
    expect((await policy()).tls).not.toBe(tls);
    expect(news).toEqual(['loaded']);
  });

  it('stays while the file is bad, is gone, or its certificate has another key, and says each once', async () => {
    await makeCertificate(folder, 'own');
    await makeCertificate(folder, 'other');
    await writeFile(path, TLS);
    const { policy } = await open();
    const before = await policy();
    const texts = ['tls_server_config: {cert: x}', TLS.replace('own.key', 'other.key'), TLS.replace('own.key', 'none')];
    for (const text of texts) {
      await writeFile(path, text);
      expect([await policy(), await policy()]).toEqual([before, before]);
    }
    await rm(path);
    expect([await policy(), await policy()]).toEqual([before, before]);
    expect(news).toEqual([
      expect.stringContaining('/web.yml:1:20: tls_server_config.key_file: expected the key of the certificate'),
      expect.stringMatching(/^\/web\.yml: expected a certificate and its key in PEM.*key values mismatch/s),
      '/web.yml: tls_server_config.key_file: expected a file in PEM, found that /none cannot be read (ENOENT)',
      '/web.yml cannot be read (ENOENT)',
    ]);
    await writeFile(path, TLS);
    expect(await policy()).not.toBe(before);
    expect(news.at(-1)).toBe('loaded');
  });

  it('stays if a new one must not be in force', async () => {
    await writeFile(path, HEADERS);
    const { policy } = await open(({ headers }) => ('X-Frame-Options' in headers ? null : 'unsafe'));
    await writeFile(path, '');
    expect((await policy()).headers).toEqual({ 'X-Frame-Options': 'deny' });
    expect(news).toEqual(['unsafe']);
  });

  it('is refused at first if the file is bad or not enough', async () => {
    await expect(open()).rejects.toThrow(new StartRefusal(`${path} cannot be read (ENOENT)`));
    await writeFile(path, 'tls_config: {}');
    await expect(open()).rejects.toThrow('web.yml:1:1: tls_config: unknown key, expected one of tls_server_config');
    await writeFile(path, '');
    await expect(open(() => 'unsafe')).rejects.toThrow(new StartRefusal('unsafe'));
    expect(news).toEqual([]);
  });
});
