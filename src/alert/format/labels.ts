import type { TmuxEvent } from '../../core/event/event.ts';

/** Labels or annotations. */
export type LabelSet = Readonly<Record<string, string>>;

/** How long the alert of a momentary event fires, in milliseconds. */
export const MOMENT_MS = 15 * 60_000;

/** The labels of the alert for an event, sorted by name. They are the same at the beginning and at the end of the alert. */
export function labelsOf({ type, host, server, severity }: TmuxEvent): LabelSet {
  return {
    alertname: alertName(type),
    host,
    job: 'tmux-exporter',
    ...(server ? { server: server.name } : {}),
    severity,
  };
}

/** The annotations of the alert for an event. */
export function annotationsOf({ id, incident, title, body }: TmuxEvent): LabelSet {
  return { description: body, event: id, incident: incident ?? id, summary: title };
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const SEPARATOR = 0xff;

/** The fingerprint of a set of labels as Prometheus and Alertmanager compute it: 16 hex digits, FNV-1a of 64 bits over the sorted names and values, each followed by a byte 0xff. */
export function fingerprintOf(labels: LabelSet): string {
  let hash = FNV_OFFSET;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  };
  for (const name of Object.keys(labels).toSorted()) {
    for (const text of [name, labels[name] ?? '']) {
      for (const byte of Buffer.from(text)) add(byte);
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

/** `server-gone` becomes `TmuxServerGone`. */
function alertName(type: string): string {
  const words = type.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Tmux${words.join('')}`;
}
