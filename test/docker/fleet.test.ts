import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/file/load.ts';
import { readWebFile } from '../../src/config/file/web-file.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { DOCKER, HARDENED, lint } from './support/compose.ts';

const execute = promisify(execFile);
const FOLDER = join(DOCKER, 'fleet');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly command: readonly string[];
}

const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(compose.services).map(([name, service]) => ({ name, service }));

describe('The compose file of a fleet', () => {
  it('is valid, and good by the rules of dclint', () => {
    expect(lint(join(FOLDER, 'compose.yaml'))).toEqual([]);
  });

  it.each(services)('hardens $name, and opens its ports on loopback alone', ({ service }) => {
    expect(service).toMatchObject({
      ...HARDENED,
      healthcheck: expect.anything(),
    });
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(service.image).toMatch(/:(v?\d+\.\d+\.\d+(-alpine)?|local)$/);
  });

  it.each(services)('mounts into $name what is shipped, or made by the steps of the document', ({ service }) => {
    const document = readFileSync(join(DOCKER, '../docs/fleet.md'), 'utf8');
    const sources = service.volumes.map((volume) => volume.split(':')[0] ?? '');
    for (const source of sources.filter((path) => !existsSync(resolve(FOLDER, path))))
      expect(document).toContain(/^\.\/(secrets\/[\w.-]+|tls|data)/.exec(source)?.[1] ?? source);
    for (const volume of service.volumes) expect(volume).toMatch(/:ro$|^\.\/data\//);
  });
});

describe('The configurations of a fleet', () => {
  it.each(['exporter/build7.yml', 'exporter/build8.yml', 'hub/hub.yml'])('%s is one', (name) => {
    const env = { TMUX_EXPORTER_CONFIG_FILE: name };
    expect(loadConfig({ flags: {}, env, readFile: () => read(name) })).toMatchObject({ kind: 'loaded' });
  });

  it('differ between two exporters in the name alone', () => {
    expect(read('exporter/build8.yml')).toBe(read('exporter/build7.yml').replaceAll('build7', 'build8'));
  });

  it('have TLS for exporters and hubs', () => {
    expect(readWebFile('web.yml', read('web.yml'))).toMatchObject({ kind: 'read', file: { tls: {} } });
  });

  const itWithPrometheus = isInstalled('promtool') ? it : it.skip;
  itWithPrometheus('are what promtool takes', async () => {
    const file = join(FOLDER, 'prometheus/prometheus.yml');
    await expect(execute('promtool', ['check', 'config', '--syntax-only', file])).resolves.toBeDefined();
  });

  const itWithAlertmanager = isInstalled('amtool') ? it : it.skip;
  itWithAlertmanager('are what amtool takes', async () => {
    const file = join(FOLDER, 'alertmanager/alertmanager.yml');
    await expect(execute('amtool', ['check-config', file])).resolves.toBeDefined();
  });
});

describe('The script for certificates', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });
  afterEach(() => removeFolder(folder));

  it('makes one for each machine, signed by one authority, also later', async () => {
    const run = (...names: string[]) =>
      execute('sh', [join(FOLDER, 'certificates.sh'), join(folder, 'tls'), ...names], { cwd: folder });
    await run('n1', 'hub1');
    await run('n2');
    for (const name of ['n1', 'hub1', 'n2']) {
      const [ca, cert] = [join(folder, 'tls/ca.crt'), join(folder, 'tls', name, 'node.crt')];
      const host = ['-verify_hostname', name, '-x509_strict'];
      await expect(execute('openssl', ['verify', ...host, '-CAfile', ca, cert])).resolves.toBeDefined();
      await expect(execute('openssl', ['verify', '-verify_hostname', 'n3', '-CAfile', ca, cert])).rejects.toThrow();
      expect(readFileSync(join(folder, 'tls', name, 'ca.crt'), 'utf8')).toBe(readFileSync(ca, 'utf8'));
    }
  });

  it('leaves the authority alone if it cannot make one', async () => {
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/n1'), 'a file, where a folder is expected');
    const failed = execute('sh', [join(FOLDER, 'certificates.sh'), join(folder, 'tls'), 'n1']);
    await expect(failed).rejects.toThrow(/n1/);
    expect(existsSync(join(folder, 'tls/ca.crt'))).toBe(true);
  });
});
