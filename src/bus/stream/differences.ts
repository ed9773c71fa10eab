import { HOST_STREAM, MOST_HOST_MESSAGE_BYTES, type WantedStream } from './streams.ts';

/** The configuration of a stream, as the bus gives it. Some settings are left out if they have their default. */
export type FoundSettings = Readonly<Record<string, unknown>>;

/** What is wrong with the settings of a stream. */
export interface Differences {
  readonly texts: readonly string[];
  readonly cure: string;
}

/** A setting as it must be, and what happens if it is not. */
interface Wanted {
  readonly value: unknown;
  readonly risk: string;
}

/** Of these, more than wanted loses nothing. */
const MAY_BE_MORE = new Set(['num_replicas', 'max_age', 'max_bytes', 'duplicate_window']);

/** The bus does not change these back. */
const FIXED = new Set([
  'storage',
  'sealed',
  'deny_purge',
  'allow_msg_ttl',
  'allow_msg_counter',
  'allow_msg_schedules',
  'persist_mode',
]);

/** Room for the reports of 5,000 hosts. */
const ENOUGH_HOST_BYTES = 5_000 * MOST_HOST_MESSAGE_BYTES;

/** What happens if a setting differs that `bus init` makes. */
const RISKS: Readonly<Record<string, string>> = {
  subjects: 'messages of exporters are missing in it, or others come in',
  storage: 'a restart of the server loses all messages',
  retention: 'messages are removed before they are too old',
  discard: 'a full stream refuses new messages instead of dropping old ones',
  num_replicas: 'fewer servers hold each message',
  max_age: 'messages are dropped too early',
  max_bytes: 'messages are dropped too early',
  max_msgs_per_subject: 'an exporter keeps too few messages, or can push out those of others',
  max_msg_size: 'messages are refused, or an exporter can push out those of others',
  duplicate_window: 'a repeated message can be stored twice',
  allow_direct: 'exporters cannot ask for their last event',
  deny_delete: 'single events can be deleted',
};

/** What `bus init` leaves at its default, but can be changed later. Null stands for none. */
const DEFAULTS: Readonly<Record<string, Wanted>> = {
  max_msgs: { value: -1, risk: 'an exporter can push out the messages of others' },
  discard_new_per_subject: { value: false, risk: 'new messages are refused' },
  sealed: { value: false, risk: 'every message is refused' },
  no_ack: { value: false, risk: 'exporters get no answer, and repeat their message for ever' },
  allow_rollup_hdrs: { value: false, risk: 'one message of an exporter can purge the messages of all' },
  allow_msg_ttl: { value: false, risk: 'a message can remove itself' },
  subject_delete_marker_ttl: { value: 0, risk: 'the server adds messages of its own' },
  allow_msg_counter: { value: false, risk: 'messages are refused, because they are no counters' },
  allow_msg_schedules: { value: false, risk: 'an exporter can publish under the name of another' },
  persist_mode: { value: 'default', risk: 'an acknowledged message can be lost' },
  mirror: { value: null, risk: 'it holds the messages of another stream' },
  sources: { value: null, risk: 'messages of other streams come in' },
  subject_transform: { value: null, risk: 'messages come in under other names' },
  republish: { value: null, risk: 'its messages are published again, under other subjects' },
};

const HOST_DEFAULTS: Readonly<Record<string, Wanted>> = {
  max_bytes: { value: ENOUGH_HOST_BYTES, risk: 'hosts are dropped that are not too old' },
  deny_purge: { value: false, risk: 'hubs cannot forget hosts' },
};

/** What of a stream differs from the settings that it must have: a text for each, and how to change them. Null if nothing does. */
export function differences(stream: WantedStream, found: FoundSettings): Differences | null {
  const wrong = Object.entries(wantedOf(stream)).filter(([key, { value }]) => !isFine(key, value, found[key]));
  if (wrong.length === 0) return null;
  const isFixed = wrong.some(([key]) => FIXED.has(key));
  return {
    texts: wrong.map(([key, wanted]) => differenceText(key, wanted, found[key])),
    cure: cureOf(stream.name, isFixed),
  };
}

function wantedOf({ name, settings }: WantedStream): Readonly<Record<string, Wanted>> {
  const made = Object.entries(settings).map(([key, value]) => [key, { value, risk: RISKS[key] ?? '' }]);
  return { ...Object.fromEntries(made), ...DEFAULTS, ...(name === HOST_STREAM && HOST_DEFAULTS) };
}

function isFine(key: string, wanted: unknown, found: unknown): boolean {
  if (isDefault(found)) return isDefault(wanted) || (MAY_BE_MORE.has(key) && isNoLimit(key, found));
  if (MAY_BE_MORE.has(key)) return Number(found) >= Number(wanted);
  return JSON.stringify(found) === JSON.stringify(wanted);
}

/** Whether a value is one that the server takes for a setting that is left out. */
function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return [undefined, null, false, 0, -1, '', 'default'].some((one) => one === value);
}

function isNoLimit(key: string, found: unknown): boolean {
  return found !== undefined && (key === 'max_age' || key === 'max_bytes');
}

function differenceText(key: string, { value, risk }: Wanted, found: unknown): string {
  const expected = value === null ? `no ${key}` : `${key} ${JSON.stringify(value)}`;
  const present = found === undefined ? 'none' : JSON.stringify(found);
  return `expected ${expected}, found ${present}: ${risk}`;
}

function cureOf(name: string, isFixed: boolean): string {
  const anew = `delete it, which loses its messages, and run "tmux-exporter bus init" again`;
  return isFixed ? `it cannot be changed any more: ${anew}` : `change it with "nats stream edit ${name}", or ${anew}`;
}
