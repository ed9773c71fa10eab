import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { freePort } from '../support/machine/free-port.ts';
import { isInstalled } from '../support/machine/program.ts';
import { Alertmanager } from '../support/world/alertmanager.ts';
import { Prometheus } from '../support/world/prometheus.ts';
import { HARDENED, lint } from './support/compose.ts';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'docker');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly (string | { readonly source: string; readonly read_only: boolean })[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

const compose = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service>; volumes: object };
const services = Object.entries(compose.services).map(([name, service]) => ({ name, service }));
const dockerfile = read('Dockerfile');

describe('The compose file', () => {
  it('is valid, and good by the rules of dclint', () => {
    expect(lint(join(FOLDER, 'compose.yaml'))).toEqual([]);
  });

  it.each(services)('hardens $name', ({ service }) => {
    expect(service).toMatchObject(HARDENED);
    expect(service).not.toHaveProperty('privileged');
    expect(service).not.toHaveProperty('cap_add');
  });

  it.each(services)('mounts nothing of the host into $name that could be written', ({ service }) => {
    const writable = service.volumes.filter((volume) =>
      typeof volume === 'string' ? !volume.endsWith(':ro') : !volume.read_only,
    );
    const named = writable.map((volume) => (typeof volume === 'string' ? volume.split(':')[0] : volume.source));
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
  });

  it.each(services)('lets $name listen on loopback alone', ({ name, service }) => {
    const listening = [...(service.command ?? []), ...Object.entries(service.environment ?? {}).map(String)].filter(
      (text) => /listen-address|HTTP_ADDR/.test(text),
    );
    expect(service).not.toHaveProperty('ports');
    for (const text of listening) expect(text).toMatch(/=$|[=,]127\.0\.0\.1/);
    // The image of the exporter says it by itself.
    const address = name === 'exporter' ? dockerfile : listening.join(' ');
    expect(address).toMatch(/(ADDRESS=|listen-address=|HTTP_ADDR,)127\.0\.0\.1/);
  });

  it('names an exact version of every image, once', () => {
    const base = /^ARG NODE_IMAGE=(.*)$/m.exec(dockerfile)?.[1] ?? '';
    const foreign = services.filter(({ service }) => !('build' in service)).map(({ service }) => service.image);
    for (const image of [base, ...foreign]) expect(image).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    for (const image of foreign) expect(read('compose.yaml').split(image)).toHaveLength(2);
    expect(dockerfile.match(/^FROM .*/gm)).toHaveLength(dockerfile.match(/^FROM \$\{NODE_IMAGE\}/gm)?.length ?? 0);
    expect(read('compose.yaml')).not.toMatch(/node:/);
  });

  it('puts no secret into an environment', () => {
    const secrets = services.flatMap(({ service }) =>
      Object.keys(service.environment ?? {}).filter((name) => /PASSWORD|TOKEN|SECRET/.test(name)),
    );
    expect(secrets).toEqual(['GF_SECURITY_ADMIN_PASSWORD__FILE']);
  });
});

describe('The Dockerfile', () => {
  it('is good by the rules of dockerfile-utils', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  });

  it('copies only what the context lets through, and the context lets nothing else through', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm)].flatMap(([, words = '']) =>
      words.split(' ').slice(0, -1),
    );
    const [first, ...allowed] = readFileSync(join(ROOT, '.dockerignore'), 'utf8').match(/^[^#\s].*$/gm) ?? [];
    expect(first).toBe('*');
    expect(allowed.toSorted()).toEqual([...new Set(sources)].map((source) => `!${source}`).toSorted());
    for (const source of sources) expect(existsSync(join(ROOT, source))).toBe(true);
  });

  it('labels the image, with values that a build can set', () => {
    const labels = [...dockerfile.matchAll(/org\.opencontainers\.image\.([\w.]+)=/g)].map(([, name]) => name);
    const described = ['title', 'description', 'licenses', 'source', 'documentation', 'base.name'];
    const set = ['version', 'revision', 'created'];
    expect(labels).toEqual([...described, ...set]);
    for (const name of set) expect(dockerfile).toMatch(new RegExp(`^ARG ${name.toUpperCase()}=`, 'm'));
  });

  it('does not run as root, and starts without a shell in between', () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["tmux-exporter"\]$/m);
    expect(dockerfile).toMatch(/exec node /);
  });
});

describe('What the stack is provisioned with', () => {
  it('is there', () => {
    const mounted = services
      .flatMap(({ service }) => service.volumes)
      .filter((volume) => typeof volume === 'string')
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => source.startsWith('.'))
      // The rules are a folder of their own: until they stand there, the stack has none.
      .filter((source) => existsSync(join(ROOT, 'dashboards/rules')) || !source.endsWith('/rules'));
    expect(mounted.map((source) => existsSync(resolve(FOLDER, source)))).toEqual(mounted.map(() => true));
  });

  const itWithPrometheus = isInstalled('promtool') ? it : it.skip;
  itWithPrometheus('is what promtool takes for a configuration', async () => {
    const file = join(FOLDER, 'prometheus/prometheus.yml');
    await expect(execute('promtool', ['check', 'config', '--syntax-only', file])).resolves.toBeDefined();
  });

  const itWithAlertmanager = isInstalled('amtool') ? it : it.skip;
  itWithAlertmanager('is what amtool takes for a configuration', async () => {
    const file = join(FOLDER, 'alertmanager/alertmanager.yml');
    await expect(execute('amtool', ['check-config', file])).resolves.toBeDefined();
  });
});

const describeWithServers =
  isInstalled('prometheus') && isInstalled('prometheus-alertmanager') ? describe : describe.skip;

describeWithServers('The health checks of the compose file, against the real programs', () => {
  let prometheus: Prometheus;
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    prometheus = await Prometheus.start('127.0.0.1:9');
    alertmanager = await Alertmanager.start({ port: await freePort(), webhooks: ['http://127.0.0.1:9/'] });
  }, 60_000);

  afterAll(async () => {
    await alertmanager.cleanup();
    await prometheus.cleanup();
  });

  /** Runs the check of a service as it stands, but for the address. */
  async function check(name: string, url: string): Promise<boolean> {
    const [, file = '', ...args] = compose.services[name]?.healthcheck?.test ?? [];
    const words = args.map((word) => word.replace(/http:\/\/127\.0\.0\.1:\d+/, url));
    return execute(file, words).then(
      () => true,
      () => false,
    );
  }

  it('tell what lives from what does not', async () => {
    expect(await check('prometheus', prometheus.url)).toBe(true);
    expect(await check('alertmanager', alertmanager.url)).toBe(true);
    expect(await check('prometheus', 'http://127.0.0.1:9')).toBe(false);
    expect(await check('alertmanager', 'http://127.0.0.1:9')).toBe(false);
  }, 30_000);
});
