import { readFileSync } from 'node:fs';
import { cp, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { Prometheus } from '../support/world/prometheus.ts';
import { ALL_RULES, RULES_FOLDER, run } from './support/alert-rules.ts';
import { FakeHub, type ListedHost } from './support/fake-hub.ts';
import { selectorsOf } from './support/promql.ts';

const EXAMPLES = join(import.meta.dirname, '../../dashboards/prometheus');
const NAMES = ['static', 'file_sd', 'http_sd', 'agent'];

const describeWithPrometheus = ['prometheus', 'promtool'].every(isInstalled) ? describe : describe.skip;

interface Relabeling {
  readonly source_labels: readonly string[];
  readonly regex: string;
  readonly action?: string;
}
interface Example {
  readonly global: object;
  readonly scrape_configs: readonly [{ readonly [key: string]: unknown }];
  readonly remote_write?: readonly [{ readonly write_relabel_configs: readonly Relabeling[] }];
}

function example(name: string): Example {
  return parse(readFileSync(join(EXAMPLES, `${name}.yml`), 'utf8')) as Example;
}

/** An example with other targets: it scrapes each second, and has no rules. */
function adapted(name: string, job: object, rest: object = {}): string {
  const { global, scrape_configs } = example(name);
  const fast = { ...global, scrape_interval: '1s', scrape_timeout: '1s' };
  return stringify({ global: fast, scrape_configs: [{ ...scrape_configs[0], ...job }], ...rest });
}

describeWithPrometheus('The examples of a configuration of Prometheus', () => {
  let daemon: Daemon;
  let address: string;

  beforeAll(async () => {
    daemon = await Daemon.start();
    address = daemon.url.replace('http://', '');
  }, 60_000);

  afterAll(() => daemon?.cleanup());

  it.each(NAMES)('are correct in the eyes of promtool, and so are the rules that they name: %s', async (name) => {
    const flags = name === 'agent' ? ['--agent'] : [];
    const folder = await makePrivateFolder();
    await cp(EXAMPLES, folder, { recursive: true });
    await cp(RULES_FOLDER, join(folder, 'tmux'), { recursive: true });
    const { ok, output } = run('promtool', 'check', 'config', ...flags, join(folder, `${name}.yml`));
    await removeFolder(folder);
    expect(ok ? '' : output).toBe('');
  });

  it.each(NAMES)('scrape the job that rules and dashboards name: %s', (name) => {
    expect(example(name).scrape_configs.map(({ job_name }) => job_name)).toEqual(['tmux-exporter']);
  });

  describe('for hubs', () => {
    let hub: FakeHub;
    let other: FakeHub;
    let prometheus: Prometheus;

    beforeEach(async () => {
      hub = new FakeHub(null);
      other = new FakeHub(null);
      await Promise.all([hub.start(), other.start()]);
      const lists = [hub, other].map((each) => ({ url: `http://${each.address}/sd`, refresh_interval: '1s' }));
      const job = { static_configs: [{ targets: [hub.address, other.address] }], http_sd_configs: lists };
      prometheus = await Prometheus.configured(adapted('http_sd', job));
    }, 60_000);

    afterEach(async () => {
      await prometheus?.cleanup();
      await Promise.all([hub, other].map((each) => each.stop()));
    });

    function list(...hosts: readonly Partial<ListedHost>[]): void {
      const listed = hosts.map((host) => ({
        name: 'build7',
        state: 'present' as const,
        lastSeen: Date.now(),
        behind: 0,
        address,
        ...host,
      }));
      hub.hosts = listed;
      // The hubs did not hear a host at the same moment.
      other.hosts = listed.map((host) => ({ ...host, lastSeen: host.lastSeen - 10 }));
    }

    async function instances(): Promise<string[]> {
      const labels = await prometheus.targetLabels();
      return labels.map(({ instance = '' }) => instance).sort();
    }

    function takes(...names: readonly string[]): Promise<void> {
      const wanted = [hub.address, other.address, ...names].sort().join();
      return eventually(`the targets are ${names}`, async () => (await instances()).join() === wanted, 30_000);
    }

    /** Settles once each list was refused twice more. */
    async function refused(): Promise<void> {
      const failures = () => prometheus.own('prometheus_sd_http_failures_total');
      const before = await failures();
      await eventually('the lists are refused', async () => (await failures()) >= before + 4, 30_000);
    }

    async function isScraped(): Promise<void> {
      const scrapes = async () => (await prometheus.value('count_over_time(up{instance="build7"}[1h])')) ?? 0;
      const before = await scrapes();
      await eventually('it is scraped on', async () => (await scrapes()) > before + 1, 30_000);
      expect(await prometheus.value('up{instance="build7"}')).toBe(1);
    }

    it('take the hosts of two hubs once, by their names, without those that said goodbye', async () => {
      await refused();
      await takes();
      list({}, { name: 'build8', state: 'silent', address: '127.0.0.1:1' }, { name: 'spare', state: 'left' });
      await takes('build7', 'build8');
      await isScraped();
      const joined =
        'max by (instance) (tmux_exporter_build_info) and on (instance) label_replace(max by (host) (tmux_fleet_host_behind_events), "instance", "$1", "host", "(.+)")';
      await eventually('both know the host', async () => (await prometheus.query(joined)).length === 1, 30_000);
      expect((await prometheus.query(joined)).map(({ metric }) => metric)).toEqual([{ instance: 'build7' }]);
      expect(await prometheus.query('{__name__=~"tmux_.+", exported_host!=""}')).toEqual([]);
    }, 120_000);

    it('keep their targets while no hub can be reached, and while hubs have not read the bus again', async () => {
      list({});
      await takes('build7');
      await Promise.all([hub.stop(), other.stop()]);
      await refused();
      await takes('build7');
      await isScraped();
      hub.hosts = null;
      other.hosts = null;
      await Promise.all([hub.start(), other.start()]);
      const before = hub.asked;
      await refused();
      expect(hub.asked).toBeGreaterThan(before);
      await takes('build7');
      await isScraped();
    }, 120_000);

    it('drop what every hub has forgotten; an empty list drops everything, so a hub must not give one too early', async () => {
      list({}, { name: 'build8', address: '127.0.0.1:1' });
      await takes('build7', 'build8');
      const [first] = hub.hosts ?? [];
      hub.hosts = first ? [first, { ...first, name: 'build9' }] : null;
      await takes('build7', 'build8', 'build9');
      list({});
      await takes('build7');
      list();
      await takes();
    }, 120_000);
  });

  it('take a change of a file of targets without a reload', async () => {
    const job = { file_sd_configs: [{ files: ['machines/*.yml'] }] };
    const fill = (folder: string) => cp(join(EXAMPLES, 'machines'), join(folder, 'machines'), { recursive: true });
    const prometheus = await Prometheus.configured(adapted('file_sd', job), { fill });
    try {
      const labels = () => prometheus.targetLabels();
      await eventually('the file is read', async () => (await labels()).length === 3);
      expect(await labels()).toContainEqual({ job: 'tmux-exporter', instance: 'build7', cluster: 'eu' });
      const file = join(prometheus.folder, 'machines/eu.yml');
      await writeFile(`${file}.new`, stringify([{ targets: [address], labels: { instance: 'build9' } }]));
      await rename(`${file}.new`, file);
      await eventually('it is read again', async () => (await prometheus.value('up{instance="build9"}')) === 1, 30_000);
      expect(await labels()).toEqual([{ job: 'tmux-exporter', instance: 'build9' }]);
    } finally {
      await prometheus.cleanup();
    }
  }, 60_000);

  it('send what an agent scrapes to another Prometheus, with the cluster, and without the sessions', async () => {
    const central = await Prometheus.configured('global: {}\n', { kind: 'receiver' });
    const [{ write_relabel_configs } = { write_relabel_configs: [] }] = example('agent').remote_write ?? [];
    const job = { static_configs: [{ targets: [address], labels: { instance: 'build7' } }] };
    const remote_write = [{ url: `${central.url}/api/v1/write`, write_relabel_configs }];
    const agent = await Prometheus.configured(adapted('agent', job, { remote_write }), { kind: 'agent' });
    try {
      const arrived = 'up{job="tmux-exporter", instance="build7", cluster="eu"}';
      await eventually('it arrives', async () => (await central.value(arrived)) === 1, 60_000);
      expect(await central.query('tmux_exporter_build_info')).toHaveLength(1);
      expect(await central.query('{__name__=~"tmux_session_.+|nodejs_eventloop_lag_max_seconds"}')).toEqual([]);
    } finally {
      // An agent without anybody who takes what it has would try for a minute to get rid of it.
      await agent.cleanup();
      await central.cleanup();
    }
  }, 120_000);

  it('leave out nothing that an alert of tmux.rules.yml needs', () => {
    const [{ write_relabel_configs } = { write_relabel_configs: [] }] = example('agent').remote_write ?? [];
    const dropped = write_relabel_configs.map(({ regex }) => new RegExp(`^(?:${regex})$`));
    const needed = ALL_RULES.filter(({ alert }) => alert !== 'TmuxSessionIdle').flatMap(({ expr }) =>
      selectorsOf(expr).map(({ metric }) => metric),
    );
    expect(dropped).not.toEqual([]);
    expect(needed.filter((metric) => dropped.some((pattern) => pattern.test(metric)))).toEqual([]);
  });
});
