// Who may import whom. A room is a folder of src/; an inner room is a folder of a room. `npm run check` holds to it.

/** The rooms that stand side by side: each imports itself and core/, never another. app/ joins them. */
const SIBLINGS = [
  'alert',
  'bus',
  'config',
  'feed',
  'files',
  'follow',
  'http',
  'metrics',
  'poll',
  'proc',
  'store',
  'tmux',
];

/** Inner rooms, and the other inner rooms of the same room that each may import. */
const INNER_ROOMS = {
  core: {
    model: [],
    process: ['model'],
    death: ['model'],
    event: ['model', 'death'],
    record: ['model', 'process', 'death', 'event'],
    wording: ['model', 'death', 'event', 'record'],
    registry: ['model', 'process', 'death', 'event', 'record', 'wording'],
    alert: ['event'],
  },
  tmux: { protocol: [], binary: ['protocol'], query: ['binary', 'protocol'], discovery: [], watch: ['protocol'] },
  proc: { kernel: [], command: [], process: ['kernel'], systemd: ['kernel', 'command'] },
  metrics: { text: [], families: ['text'], render: ['text', 'families'], self: ['text', 'families'] },
  alert: {
    format: [],
    receiver: [],
    request: [],
    delivery: ['format', 'receiver', 'request'],
    alertmanager: ['format', 'receiver', 'request', 'delivery'],
  },
  follow: {
    feed: [],
    notice: ['feed'],
    sink: ['feed', 'notice'],
    shell: ['notice'],
    session: ['feed', 'notice'],
  },
  bus: { connection: [], stream: [], publish: ['connection', 'stream'], read: ['connection', 'stream'] },
  config: { kind: [], entry: ['kind'], file: ['kind', 'entry'] },
  http: { access: [], page: [], fleet: [], openapi: ['fleet'] },
  app: { web: [], hub: ['web'], once: [], requirements: ['web', 'once'] },
  commands: { bus: [], log: [], watch: [], webhook: [], shell: ['log'], service: ['watch'], completion: [] },
};

/** Packages and Node modules that one place owns. */
const OWNED = [
  {
    what: 'execa',
    by: ['src/follow/sink/own-command.ts', 'src/tmux/binary/binary-client.ts'],
    why: 'takes 8 MB and a tenth of a second',
  },
  {
    what: 'child_process',
    by: ['src/proc/command/command-runner.ts'],
    why: 'one place starts processes without execa',
  },
  { what: '@nats-io', by: ['src/bus/'], why: 'only bus/ speaks to the bus' },
  { what: 'sqlite', by: ['src/store/'], why: 'only store/ speaks SQL' },
  { what: 'process', by: ['src/cli.ts'], why: 'only cli.ts touches the process: hand the value in' },
];

const escaped = (text) => text.replaceAll('.', '\\.');
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const innerRooms = Object.entries(INNER_ROOMS).flatMap(([room, inner]) =>
  Object.entries(inner).map(([name, others]) =>
    error(
      `${room}/${name}`,
      `${room}/${name} imports itself, ${others.map((other) => `${room}/${other}, `).join('')}and files that lie directly in ${room}/.`,
      { path: `^src/${room}/${name}/` },
      { path: `^src/${room}/[^/]+/`, pathNot: [name, ...others].map((allowed) => `^src/${room}/${allowed}/`) },
    ),
  ),
);

const owned = OWNED.map(({ what, by, why }) =>
  error(
    `owned-${what}`,
    `Only ${by.join(' and ')} may import ${what}: ${why}.`,
    { path: '^src/', pathNot: by.map((place) => `^${escaped(place)}`) },
    { path: [`^(node:)?${what}$`, `^node_modules/${what}/`] },
  ),
);

export default {
  forbidden: [
    error('no-circles', 'Files that import each other in a circle cannot be read one by one.', {}, { circular: true }),
    error('resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    error(
      'core',
      'core/ is pure: it imports no package, no Node module, and no other room.',
      { path: '^src/core/' },
      { pathNot: '^src/core/' },
    ),
    error(
      'siblings',
      'A room imports itself and core/. app/ joins the rooms.',
      { path: `^src/(${SIBLINGS.join('|')})/` },
      { path: '^src/', pathNot: ['^src/$1/', '^src/core/'] },
    ),
    error(
      'app',
      'app/ stands below the commands.',
      { path: '^src/app(/|\\.ts$)' },
      { path: '^src/(commands/|cli\\.ts$)' },
    ),
    error(
      'commands',
      'The commands stand below the command line.',
      { path: '^src/commands/' },
      { path: '^src/cli\\.ts$' },
    ),
    error(
      'bus-late',
      'The bus is loaded only if the configuration has one: its client takes 20 MB.',
      { path: '^src/', pathNot: '^src/bus/' },
      { path: '^src/bus/', dynamic: false, dependencyTypesNot: ['type-only'] },
    ),
    ...innerRooms,
    ...owned,
    error(
      'demo',
      'The demo runs the programs as people do: it imports nothing of them but how a process is identified and how a text is made printable.',
      { path: '^docker/' },
      { path: '^(src|test|dashboards)/', pathNot: '^src/(proc/process/process-(reading|stat)|core/text)\\.ts$' },
    ),
    error(
      'product',
      'The product imports nothing of its tests, dashboards or demo.',
      { path: '^src/' },
      { path: '^(test|dashboards|docker)/' },
    ),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // Some packages have no `main`.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
