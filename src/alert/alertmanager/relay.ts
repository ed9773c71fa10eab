import { alertDraft, alertKey, type ReceivedAlert } from '../../core/alert/alert.ts';
import type { EventDraft, ServerReference } from '../../core/event/event.ts';
import { HISTORY_EVENTS, type History, type LoggedEvent } from '../../core/event/event-log.ts';
import { fingerprintOf } from '../format/labels.ts';

/** The result of receiving alerts. */
export type Reception =
  /** All are stored, and new ones were emitted as events. */
  | { readonly kind: 'stored'; readonly told: number; readonly duplicates: number }
  /** They cannot be stored at the moment. The sender has to send them again. */
  | { readonly kind: 'not_stored' };

/** The dependencies of a relay. */
export interface RelayOptions {
  readonly history: History;
  /** Appends events to the history, stores and emits them. */
  readonly append: (drafts: readonly EventDraft[]) => readonly LoggedEvent[];
  /** Whether everything that was appended is stored. */
  readonly isStored: () => boolean;
  /** The server of this exporter that an alert with these labels is about; null if none is known. `isFromHere`: the alert came from this machine. */
  readonly serverOf: (labels: ReceivedAlert['labels'], isFromHere: boolean) => ServerReference | null;
}

/** The last emitted state of an alert. */
interface EmittedState {
  readonly status: ReceivedAlert['status'];
  readonly incident: string;
}

/**
 * Emits the alerts that an Alertmanager sends as events, each time the state of an alert changes. After a restart, the history shows
 * their states. An alert can fire again with the same beginning, if it had only expired. Two Alertmanagers can deliver out of order,
 * and neither message shows that; the last one counts, because each of them goes on to send what changed since its own last message.
 */
export class AlertRelay {
  readonly #options: RelayOptions;
  /** The states of the emitted alerts by their keys, the oldest first. */
  readonly #emitted = new Map<string, EmittedState>();

  constructor(options: RelayOptions) {
    this.#options = options;
    for (const logged of options.history.after(0)) {
      // Most events are not alerts, and need not be parsed.
      if (logged.json.includes('"type":"alert"')) this.#remember(logged);
    }
  }

  /** Takes in the alerts of one request. `isFromHere`: it came from this machine. */
  receive(alerts: readonly ReceivedAlert[], isFromHere: boolean): Reception {
    const fresh = this.#fresh(alerts.map(withFingerprint));
    const begun = new Set(fresh.filter(({ status }) => status === 'firing').map(keyOf));
    const endsHere = (alert: ReceivedAlert) => alert.status === 'resolved' && begun.has(keyOf(alert));
    this.#emit(
      fresh.filter((alert) => !endsHere(alert)),
      isFromHere,
    );
    // The incident of a beginning is known once that is appended.
    this.#emit(fresh.filter(endsHere), isFromHere);
    if (!this.#options.isStored()) return { kind: 'not_stored' };
    return { kind: 'stored', told: fresh.length, duplicates: alerts.length - fresh.length };
  }

  #fresh(alerts: readonly ReceivedAlert[]): ReceivedAlert[] {
    const byState = new Map(alerts.map((alert) => [`${keyOf(alert)} ${alert.status}`, alert]));
    const once = [...byState.values()];
    const ended = new Set(once.filter(({ status }) => status === 'resolved').map(keyOf));
    return once.filter((alert) => {
      const emitted = this.#emitted.get(keyOf(alert))?.status;
      // A request with both states of an alert was sent again.
      if (emitted === 'resolved' && ended.has(keyOf(alert))) return false;
      return emitted !== alert.status;
    });
  }

  #emit(alerts: readonly ReceivedAlert[], isFromHere: boolean): void {
    const drafts = alerts.map((alert) => this.#draft(alert, isFromHere));
    for (const logged of this.#options.append(drafts)) this.#remember(logged);
  }

  #draft(alert: ReceivedAlert, isFromHere: boolean): EventDraft {
    const server = this.#options.serverOf(alert.labels, isFromHere);
    const incident = alert.status === 'resolved' ? this.#emitted.get(keyOf(alert))?.incident : null;
    return alertDraft(alert, server, incident ?? null);
  }

  #remember({ event }: LoggedEvent): void {
    if (event.type !== 'alert') return;
    const key = alertKey(event.fingerprint, event.starts_at);
    this.#emitted.delete(key);
    this.#emitted.set(key, { status: event.status, incident: event.incident ?? event.id });
    const [oldest] = this.#emitted.keys();
    if (this.#emitted.size > HISTORY_EVENTS && oldest !== undefined) this.#emitted.delete(oldest);
  }
}

function keyOf({ fingerprint, startsAt }: ReceivedAlert): string {
  return alertKey(fingerprint, startsAt);
}

function withFingerprint(alert: ReceivedAlert): ReceivedAlert {
  return alert.fingerprint === '' ? { ...alert, fingerprint: fingerprintOf(alert.labels) } : alert;
}
