import { validateDetailed } from 'node-cron';
import * as z from 'zod';
import { serverList } from './entry/server-entry.ts';
import { TOKEN, tokenList } from './entry/token-entry.ts';
import { ALERTMANAGER, alertmanagerList, WEBHOOK, webhookList } from './entry/webhook-entry.ts';
import { externalUrl, fileMode, listenAddresses, parseHost, pathPrefix, telemetryPath } from './kind/address.ts';
import { busServer, fleetName, subjectPrefix } from './kind/bus-kinds.ts';
import {
  absolutePath,
  choice,
  duration,
  integer,
  type Kind,
  listOf,
  orNull,
  parsed,
  text,
  toggle,
} from './kind/kind.ts';
import { type ConfigOf, option, schemaOf } from './kind/option.ts';
import { serverPattern, sessionPattern } from './kind/pattern.ts';
import { oneLine } from './kind/webhook-kinds.ts';
import { environmentName, fileLeavesOf, type Leaf, leavesOf } from './leaf.ts';

/** Just below the longest delay of a Node timer (2^31 - 1 ms). */
const LONGEST_TIMER = '24d';

const command = text(
  { placeholder: 'command', values: 'command or path', expected: 'a command or the path of one' },
  (value) => value !== '' && !value.includes('\0'),
);
const path = text(
  { placeholder: 'path', values: 'path', expected: 'the path of a file' },
  (value) => value !== '' && !value.includes('\0'),
);
const SCHEDULE =
  'a cron expression of 5 fields, or of 6 with seconds first, such as "*/5 * * * * *" (every 5 seconds), or the word scrape';
const schedule: Kind<string, string> = {
  schema: z.string({ error: SCHEDULE }).superRefine((value, context) => {
    const { valid, errors } = value === 'scrape' ? { valid: true, errors: [] } : validateDetailed(value);
    if (valid) return;
    const isNever = errors.some(({ message }) => message.includes('impossible day'));
    context.addIssue({
      code: 'custom',
      message: isNever ? 'a day that the month has, because it would never run' : SCHEDULE,
    });
  }),
  unit: '',
  form: 'single',
  placeholder: 'cron',
  values: 'cron expression of 5 fields, or of 6 with seconds first; or scrape',
  read: (value) => value,
};
const host = parsed(
  {
    placeholder: 'host',
    values: 'host name or IP address without a port',
    expected: 'a host name or IP address without a port',
  },
  parseHost,
);

/** Every option: its place here is its key in the file, and its flag, its environment variable, its name in the config and its row in the reference follow from it. */
export const OPTIONS = {
  servers: option(serverList, {
    default: [],
    example: [{ name: 'agents', socket: '/run/user/1000/agents/tmux' }, { name: 'work' }],
    flag: 'tmux.server',
    description: 'Servers that stay registered even while they are not running; in the file a list of {name, socket}.',
  }),
  tmux: {
    client: option(choice('client', ['auto', 'protocol', 'binary']), {
      default: 'auto',
      description:
        "How the exporter talks to servers. protocol speaks tmux's protocol and starts no process; binary runs tmux.binary; auto runs it only for a server that speaks another version of the protocol.",
    }),
    binary: option(command, {
      default: 'tmux',
      description: 'The tmux command that is run if tmux.client requires one.',
    }),
    discover: option(toggle, {
      default: true,
      description: 'Register every live socket of the socket directory.',
    }),
    discover_processes: option(toggle, {
      default: true,
      description: 'Register every running tmux server of the user, wherever its socket is (Linux).',
    }),
    discover_all_users: option(toggle, {
      default: false,
      description: 'Discover the servers of all users, not only of the user that runs the exporter.',
    }),
    server_include: option(listOf(serverPattern), {
      default: [],
      example: ['work', 'agent-*'],
      defaultText: 'all',
      description: 'Register only discovered servers with these names.',
    }),
    server_exclude: option(listOf(serverPattern), {
      default: [],
      example: ['scratch-*'],
      description: 'Do not register discovered servers with these names, even if they are included.',
    }),
    socket_directory: option(orNull(absolutePath), {
      default: null,
      example: '/tmp/tmux-1000',
      defaultText: 'tmux-<uid> in $TMUX_TMPDIR or /tmp',
      description: 'The folder that holds the sockets of the user.',
    }),
  },
  poll: {
    schedule: option(schedule, {
      default: '*/5 * * * * *',
      description:
        'When all servers are polled. With scrape, each scrape polls, and simultaneous scrapes share a poll.',
    }),
    scrape_timeout_offset: option(duration('0s', '1h'), {
      default: '500ms',
      description:
        "With the schedule scrape: how much of a scraper's timeout (X-Prometheus-Scrape-Timeout-Seconds) is reserved for the answer. For a scraper that sends no timeout, poll.timeout applies.",
    }),
    timeout: option(duration('10ms', '1h'), {
      default: '2s',
      description: 'How long a server may take to answer a poll.',
    }),
    concurrency: option(integer(1, 64), {
      default: 8,
      description: 'How many servers are polled at the same time.',
    }),
  },
  watch: {
    enabled: option(toggle, {
      default: true,
      flag: 'watch',
      description: 'Report a death at once, by an idle connection to each server.',
    }),
    sessions: option(toggle, {
      default: true,
      description:
        'Report created and closed sessions within half a second, by watching the child processes of each server (Linux only).',
    }),
  },
  heal: {
    socket: option(toggle, {
      default: false,
      description:
        'Restore deleted socket files: SIGUSR1 makes a living server create its file again. It is sent at most once a minute, and only if the path is free.',
    }),
  },
  reap: {
    linger: option(duration('0s', '365d'), {
      default: '5m',
      description: 'How long tmux_server_up stays 0 after the death of a server that is not registered any more.',
    }),
  },
  storage: {
    enabled: option(toggle, {
      default: true,
      flag: 'storage',
      description: 'Keep events and living servers on disk, so that a restart neither loses nor repeats anything.',
    }),
    path: option(orNull(absolutePath), {
      default: null,
      example: '/var/lib/tmux-exporter/journal.db',
      defaultText: 'tmux-exporter/<machine>/journal.db in $XDG_STATE_HOME or ~/.local/state',
      description:
        'The database file of this machine: no other machine may use it. Its folder is created if it does not exist.',
    }),
  },
  collector: {
    session: option(toggle, {
      default: true,
      description: 'Expose each session: tmux_session_*.',
    }),
    window: option(toggle, {
      default: false,
      description: 'Expose each window: tmux_window_*.',
    }),
    pane: option(toggle, {
      default: false,
      description:
        'Expose each pane: tmux_pane_*. To report the path of each pane, the server reads /proc at every poll.',
    }),
    client: option(toggle, {
      default: false,
      description: 'Expose each attached client: tmux_client_*.',
    }),
    process: option(toggle, {
      default: true,
      description: 'Expose what the processes of each session use: tmux_session_process_* (Linux).',
    }),
    pane_process: option(toggle, {
      default: false,
      description: 'Expose what the processes of each pane use: tmux_pane_process_* (Linux).',
    }),
    session_include: option(listOf(sessionPattern), {
      default: [],
      example: ['api', 'web-*'],
      defaultText: 'all',
      description: 'Expose only sessions with these names, and their windows, panes and clients.',
    }),
    session_exclude: option(listOf(sessionPattern), {
      default: [],
      example: ['tmp-*'],
      description:
        'Do not expose sessions with these names, even if they are included. The counts of their server still contain them.',
    }),
  },
  limits: {
    servers: option(integer(1), {
      default: 1000,
      description:
        'How many servers may be registered. If there are more, the user with the most found servers has fewer of them watched.',
    }),
    sessions: option(integer(1), {
      default: 200,
      description: 'How many sessions of one server are exposed; the oldest are kept.',
    }),
    windows: option(integer(1), {
      default: 1000,
      description: 'How many windows of one server are exposed; the oldest are kept.',
    }),
    panes: option(integer(1), {
      default: 2000,
      description: 'How many panes of one server are exposed; the oldest are kept.',
    }),
    series: option(integer(1), {
      default: 50_000,
      description:
        'How many series are exposed in all. Beyond that, panes are dropped first, then clients, windows and sessions, the newest first; tmux_server_* always stays.',
    }),
  },
  web: {
    listen_address: option(listenAddresses, {
      default: '127.0.0.1:8689',
      description:
        'Where to serve metrics, feed and API: one address, or several. Port 0 lets the system choose one. A Unix socket is plain HTTP: the permissions of its file decide who may connect.',
    }),
    unix_socket_mode: option(fileMode, {
      default: '0600',
      description: 'The permissions of the file of a Unix socket.',
    }),
    systemd_socket: option(toggle, {
      default: false,
      description: 'Listen on the sockets that a .socket unit of systemd passes on, instead of web.listen_address.',
    }),
    external_url: option(orNull(externalUrl), {
      default: null,
      example: 'https://tmux.example.org/exporter',
      defaultText: 'the first address',
      description:
        'The URL at which others reach the exporter, such as that of a reverse proxy: for the links in messages and alerts. Its host is accepted in the Host header.',
    }),
    route_prefix: option(orNull(pathPrefix), {
      default: null,
      example: '/exporter',
      defaultText: 'the path of web.external_url',
      description: 'What all paths begin with. With / they begin with nothing, for a proxy that takes the prefix off.',
    }),
    telemetry_path: option(telemetryPath, {
      default: '/metrics',
      description: 'The path of the metrics, below web.route_prefix.',
    }),
    config: {
      file: option(orNull(path), {
        default: null,
        example: '/etc/tmux-exporter/web.yml',
        description:
          'A web config file in the format of the Prometheus exporters: TLS, client certificates, users. It is read again when it changes.',
      }),
    },
    tokens: option(tokenList, {
      default: [],
      description: 'Bearer tokens. If one of them allows reading, reading needs a login everywhere, on loopback too.',
      entries: TOKEN,
    }),
    insecure: option(toggle, {
      default: false,
      description: 'Allow listening without TLS and authentication on an address that other machines can reach.',
    }),
    allowed_hosts: option(listOf(host), {
      default: [],
      example: ['tmux.example.org'],
      description:
        'Additional host names accepted in the Host header while listening on loopback (for reverse proxies).',
    }),
    enable_lifecycle: option(toggle, {
      default: false,
      description: 'Allow POST /-/reload.',
    }),
  },
  feed: {
    heartbeat: option(duration('100ms', LONGEST_TIMER), {
      default: '15s',
      description: 'How long a stream of the feed may be silent before a heartbeat is sent.',
    }),
    max_clients: option(orNull(integer(1)), {
      default: null,
      defaultText: '256; 2000 on a hub',
      description:
        'How many streams of the feed one token or user may have at the same time. A client without a login counts by its user of this machine, if it is known (on Linux, over TCP); all others of this machine share a count, and so do all of other machines. In total the feed has an eighth more. If these are taken too, the token or user with the most streams gives places up to others.',
    }),
    max_clients_per_address: option(integer(1), {
      default: 32,
      description: 'How many clients the feed serves from one address; loopback is exempt.',
    }),
    max_age: option(duration('1s', LONGEST_TIMER), {
      default: '1h',
      description: 'How long a stream lasts at most before its client has to connect again.',
    }),
  },
  webhooks: option(webhookList, {
    default: [],
    description: 'Receivers of messages about deaths and other problems.',
    entries: WEBHOOK,
  }),
  alertmanagers: option(alertmanagerList, {
    default: [],
    description: 'Alertmanagers to push alerts to. List every member of a cluster.',
    entries: ALERTMANAGER,
  }),
  alerts: {
    receive: option(toggle, {
      default: false,
      description: 'Accept alerts from an Alertmanager at POST /api/v1/alerts, and emit them as events.',
    }),
  },
  fleet: {
    name: option(orNull(fleetName), {
      default: null,
      example: 'build7',
      defaultText: 'the host name, with _ for other characters',
      description: 'What this exporter is called in the fleet. No other exporter of the fleet may have the name.',
    }),
    advertise: option(orNull(externalUrl), {
      default: null,
      example: 'http://build7.example.org:8689',
      description:
        'The URL at which Prometheus reaches this exporter: what hubs list at /sd. Without it, the exporter is not listed.',
    }),
  },
  bus: {
    servers: option(listOf(busServer), {
      default: [],
      example: ['tls://n1.example.org:4222', 'tls://n2.example.org:4222'],
      description:
        'The nats-servers (2.12 or newer) to which an exporter publishes all its events, and from which a hub reads those of the fleet. Without any, nothing is published and no code of the bus is loaded.',
    }),
    nkey_file: option(orNull(absolutePath), {
      default: null,
      example: '/etc/tmux-exporter/bus.nk',
      description: 'A file of mode 0600 or 0640 with the seed of an nkey, to log in with.',
      secret: 'in_file',
    }),
    creds_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file of mode 0600 or 0640 with the credentials of a NATS user, to log in with.',
      secret: 'in_file',
    }),
    username: option(orNull(oneLine), {
      default: null,
      description: 'The user name to log in with.',
      secret: true,
    }),
    password_file: option(orNull(absolutePath), {
      default: null,
      description: 'A file of mode 0600 or 0640 with the password of bus.username.',
      secret: 'in_file',
    }),
    tls: {
      ca_file: option(orNull(absolutePath), {
        default: null,
        defaultText: 'the authorities that Node knows',
        description: 'The certificates of the authorities that may have signed those of the servers.',
      }),
      cert_file: option(orNull(absolutePath), {
        default: null,
        description: 'Our own certificate.',
      }),
      key_file: option(orNull(absolutePath), {
        default: null,
        description: 'A file of mode 0600 or 0640 with the key of our own certificate.',
        secret: 'in_file',
      }),
    },
    prefix: option(subjectPrefix, {
      default: 'tmux',
      description: 'The first token of every subject.',
    }),
    heartbeat: option(duration('1s', '1h'), {
      default: '30s',
      description:
        'How often the exporter reports itself to the fleet: at least three times in hub.silent_after of the hubs.',
    }),
    insecure: option(toggle, {
      default: false,
      description: 'Allow nats:// to a server that is not on loopback.',
    }),
  },
  hub: {
    enabled: option(toggle, {
      default: false,
      description:
        'Also read the events and hosts of the whole fleet from the bus, and serve them: /events?scope=fleet, /api/v1/hosts, /sd. The command hub does only this.',
    }),
    history: option(integer(1, 1_000_000), {
      default: 50_000,
      description:
        'How many events of the fleet are kept in memory, at about 1 kB each. Older ones are read from the bus when a client needs them.',
    }),
    silent_after: option(duration('1s', '1d'), {
      default: '3m',
      description: 'How long a host may report nothing before it counts as silent.',
    }),
    forget_after: option(duration('1m', '365d'), {
      default: '7d',
      description: 'How long a host that reports nothing is listed.',
    }),
  },
  log: {
    level: option(choice('level', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), {
      default: 'info',
      description: 'The least severe messages to log.',
    }),
    format: option(choice('format', ['auto', 'json', 'pretty']), {
      default: 'auto',
      description: 'How messages are logged; auto is pretty on a terminal and json elsewhere.',
    }),
  },
};

/** The configuration as the program uses it: names in camel case with their units (`poll.timeoutMs`), addresses and servers parsed, every default filled in. */
export type Config = ConfigOf<typeof OPTIONS>;

/** Reads what a configuration file holds, as plain values, into a {@link Config}. */
export const configSchema = schemaOf(OPTIONS);

/** Every option that a flag, a variable or the file can set, in the order of the reference. */
export const LEAVES: readonly Leaf[] = leavesOf(OPTIONS).filter(({ option }) => option.entries === null);

/** Every option that only the file can set, in the order of the reference. */
export const FILE_LEAVES: readonly Leaf[] = fileLeavesOf(OPTIONS);

/** The only option that the file cannot set: it names the file. */
export const CONFIG_FILE = {
  flag: 'config.file',
  environment: environmentName('config.file'),
  placeholder: 'path',
  description: 'The configuration file, in YAML.',
} as const;
