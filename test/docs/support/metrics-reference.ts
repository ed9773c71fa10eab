import { FIXED_OPTIONS } from '../../../src/app/reload.ts';
import { LEAVES } from '../../../src/config/schema.ts';
import { DELIVERY_RESULTS } from '../../../src/core/alert/outbox.ts';
import { CAUSES } from '../../../src/core/death/cause.ts';
import { HAZARDS } from '../../../src/core/death/hazard.ts';
import { HOST_STATES } from '../../../src/core/fleet/fleet.ts';
import { FAILURE_REASONS, GONE_REASONS, SERVER_STATES } from '../../../src/core/model/server.ts';
import { DROP_REASONS } from '../../../src/feed/feed-observer.ts';
import { GAP_REASONS } from '../../../src/feed/stream-message.ts';
import { SERIES } from '../../../src/metrics/exposition.ts';
import { type Collector, LEVELS } from '../../../src/metrics/families/exposure.ts';
import { exposedGroups, type FamilyGroup } from '../../../src/metrics/families/families.ts';
import { createSelfMetrics, type SelfMetrics } from '../../../src/metrics/self/self-metrics.ts';
import type { FamilyHead } from '../../../src/metrics/text/exposition-format.ts';
import { TMUX_COMMANDS } from '../../../src/tmux/query/query.ts';

/** A metric family as the reference shows it. */
export interface DocumentedFamily extends Omit<FamilyHead, 'type'> {
  readonly type: string;
  /** Every label, those that name the object first. */
  readonly labels: readonly string[];
  /** The values of the labels that have a closed set of them. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

interface Section {
  readonly heading: string;
  /** Which switch turns it on or off. */
  readonly note: string;
  readonly families: readonly DocumentedFamily[];
}

/** What the groups of families are called, in the order of the exposition, and the labels that name their objects. */
const OBJECTS: Readonly<
  Record<Collector | 'server', { readonly heading: string; readonly labels: readonly string[] }>
> = {
  server: { heading: 'Servers', labels: ['server'] },
  session: { heading: 'Sessions', labels: ['server', 'session'] },
  process: { heading: 'Processes of a session', labels: ['server', 'session'] },
  window: { heading: 'Windows', labels: ['server', 'window_id'] },
  client: { heading: 'Clients', labels: ['server', 'client'] },
  pane: { heading: 'Panes', labels: ['server', 'pane_id'] },
  paneProcess: { heading: 'Processes of a pane', labels: ['server', 'pane_id'] },
};

const ALERTS = { alert: ['bell', 'activity', 'silence'] };

const CLOSED: Readonly<Record<string, DocumentedFamily['values']>> = {
  tmux_server_state: { state: SERVER_STATES },
  tmux_server_gone_total: { reason: GONE_REASONS },
  tmux_server_gone_timestamp_seconds: { reason: GONE_REASONS, cause: CAUSES },
  tmux_server_poll_failures_total: { reason: FAILURE_REASONS },
  tmux_server_info: { registration: ['static', 'api', 'discovered'] },
  tmux_server_hazard: { hazard: HAZARDS },
  tmux_server_truncated: { level: LEVELS },
  tmux_server_clients: { kind: ['tty', 'control'] },
  tmux_session_alert_windows: ALERTS,
  tmux_window_alert: ALERTS,
  tmux_client_info: { kind: ['tty', 'control'] },
  tmux_exporter_collector_success: { collector: ['process'] },
  tmux_exporter_collector_duration_seconds: { collector: ['process'] },
  tmux_fleet_hosts: { state: HOST_STATES },
  tmux_fleet_host_last_seen_timestamp_seconds: { state: HOST_STATES },
  tmux_exporter_config_restart_needed: { option: FIXED_OPTIONS },
  tmux_exporter_webhook_deliveries_total: { result: DELIVERY_RESULTS },
  tmux_exporter_alertmanager_pushes_total: { result: ['success', 'failure'] },
};

/** The reference of the metrics in Markdown: for each switch a heading and a table with a row for every family. */
export async function metricsReference(): Promise<string> {
  return (await sections()).map(textOf).join('\n\n');
}

/** Every family that the exporter can expose. */
export async function documentedFamilies(): Promise<readonly DocumentedFamily[]> {
  return (await sections()).flatMap(({ families }) => families);
}

async function sections(): Promise<Section[]> {
  const self = createSelfMetrics({
    build: { version: '', nodeVersion: '' },
    registeredServers: () => 0,
    heldWatches: () => 0,
    droppedLogLines: () => 0,
    tmuxCommands: TMUX_COMMANDS,
    feedReasons: { drops: DROP_REASONS, gaps: GAP_REASONS },
  });
  self.bus.follow(() => NO_BUS);
  self.hub.follow(() => null);
  const own = await familiesOf(self, 'registry');
  return [
    ...exposedGroups(EVERYTHING).map(sectionOf),
    { heading: 'The exporter', note: EXPORTER_NOTE, families: own.filter(({ name }) => !isOfHub(name)) },
    { heading: 'The fleet', note: HUB_NOTE, families: own.filter(({ name }) => isOfHub(name)) },
    {
      heading: "The exporter's own process",
      note: 'Always on in the daemon; not written by `once`.',
      families: await familiesOf(self, 'processRegistry'),
    },
  ];
}

const EXPORTER_NOTE =
  'Always on; `tmux_exporter_bus_*` only if a bus is configured. A hub shows the version and what is named config, web, feed, log and series.';
const HUB_NOTE = 'Only on a hub: `tmux-exporter hub`, or an exporter with `--hub.enabled`.';

function isOfHub(name: string): boolean {
  return name.startsWith('tmux_fleet_');
}

const NO_BUS = { isUp: false, waiting: 0, oldestSeconds: 0 };

const EVERYTHING = {
  collector: {
    session: true,
    process: true,
    window: true,
    client: true,
    pane: true,
    paneProcess: true,
    sessionInclude: [],
    sessionExclude: [],
  },
  limits: { sessions: 1, windows: 1, panes: 1, series: 1 },
};

function sectionOf({ turned, families }: FamilyGroup): Section {
  const { heading, labels: names } = OBJECTS[turned?.collector ?? 'server'];
  return {
    heading,
    note: turned ? switchOf(turned.collector) : 'Always on.',
    families: families.map(({ name, type, help, labels }) => {
      return { name, type, help, labels: [...names, ...labels], values: CLOSED[name] ?? {} };
    }),
  };
}

function switchOf(collector: Collector): string {
  const key = collector.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const leaf = LEAVES.find(({ path }) => path.join('.') === `collector.${key}`);
  if (!leaf) throw new Error(`no option turns the collector ${collector} on or off`);
  return leaf.option.default === true
    ? `On by default. \`--no-${leaf.flag}\` turns them off.`
    : `Off by default. \`--${leaf.flag}\` turns them on.`;
}

async function familiesOf(self: SelfMetrics, name: 'registry' | 'processRegistry'): Promise<DocumentedFamily[]> {
  const metrics = await self[name].getMetricsAsJSON();
  const families = metrics.map(({ name: family, help, type, values }) => ({
    name: family,
    help,
    type: String(type),
    labels: labelsIn(self[name].getSingleMetric(family)),
    values: CLOSED[family] ?? (String(type) === 'counter' ? valuesIn(values) : {}),
  }));
  return name === 'registry' ? [...families, { ...SERIES, labels: [], values: {} }] : families;
}

function labelsIn(metric: unknown): readonly string[] {
  const hasNames = typeof metric === 'object' && metric !== null && 'labelNames' in metric;
  return hasNames && Array.isArray(metric.labelNames) ? metric.labelNames.filter((label) => label !== 'le') : [];
}

/** The values of each label: a counter with a closed set of them begins at zero with every one. */
function valuesIn(samples: readonly { readonly labels: object }[]): DocumentedFamily['values'] {
  const pairs = samples.flatMap(({ labels }) => Object.entries(labels).map(([label, value]) => [label, String(value)]));
  const names = new Set(pairs.map(([label = '']) => label));
  return Object.fromEntries(
    Array.from(names, (name) => [name, pairs.flatMap(([label, value = '']) => (label === name ? [value] : []))]),
  );
}

/** The page says once of all of them what the help of each says. */
const POLLED = / \(as of the last poll\)$/;

const HEADER = ['Metric', 'Type', 'Labels', 'Meaning'];

function textOf({ heading, note, families }: Section): string {
  const rows = families.map(({ name, type, labels, values, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => labelText(label, values[label])).join('; '),
    help
      .replace(POLLED, '')
      .replace(/\.?$/, '.')
      .replace(/[|*<>]/g, '\\$&'),
  ]);
  const table = [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [`## ${heading}`, note, table.join('\n')].join('\n\n');
}

function labelText(label: string, values: readonly string[] = []): string {
  return values.length === 0 ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`;
}
