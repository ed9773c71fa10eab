import { alertDetails, alertDraft, alertKey, type ReceivedAlert } from '../../core/alert/alert.ts';
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
  /** The server of a name; null if none is known. */
  readonly serverOf: (name: string) => ServerReference | null;
}

/** Emits the alerts that an Alertmanager sends as events, once for each state of each alert. After a restart, the history shows which were emitted before. */
export class AlertRelay {
  readonly #options: RelayOptions;
  /** The incidents of the emitted alerts, the oldest first. */
  readonly #emitted = new Map<string, string>();

  constructor(options: RelayOptions) {
    this.#options = options;
    for (const logged of options.history.after(0)) {
      // Most events are not alerts, and need not be parsed.
      if (logged.json.includes('"type":"alert"')) this.#remember(logged);
    }
  }

  /** Takes in the alerts of one request. */
  receive(alerts: readonly ReceivedAlert[]): Reception {
    const fresh = this.#fresh(alerts.map(withFingerprint));
    const begun = new Set(fresh.filter(({ status }) => status === 'firing').map(beginningOf));
    const endsHere = (alert: ReceivedAlert) => alert.status === 'resolved' && begun.has(beginningOf(alert));
    this.#emit(fresh.filter((alert) => !endsHere(alert)));
    // The incident of a beginning is known once that is appended.
    this.#emit(fresh.filter(endsHere));
    if (!this.#options.isStored()) return { kind: 'not_stored' };
    return { kind: 'stored', told: fresh.length, duplicates: alerts.length - fresh.length };
  }

  #fresh(alerts: readonly ReceivedAlert[]): ReceivedAlert[] {
    const byKey = new Map(alerts.map((alert) => [alertKey(alertDetails(alert)), alert]));
    return [...byKey].filter(([key]) => !this.#emitted.has(key)).map(([, alert]) => alert);
  }

  #emit(alerts: readonly ReceivedAlert[]): void {
    const drafts = alerts.map((alert) => this.#draft(alert));
    for (const logged of this.#options.append(drafts)) this.#remember(logged);
  }

  #draft(alert: ReceivedAlert): EventDraft {
    const name = alert.labels['server'];
    const server = name === undefined ? null : this.#options.serverOf(name);
    return alertDraft(alert, server, this.#emitted.get(beginningOf(alert)) ?? null);
  }

  #remember({ event }: LoggedEvent): void {
    if (event.type !== 'alert') return;
    this.#emitted.set(alertKey(event), event.incident ?? event.id);
    const [oldest] = this.#emitted.keys();
    if (this.#emitted.size > HISTORY_EVENTS && oldest !== undefined) this.#emitted.delete(oldest);
  }
}

/** The key of the beginning of an alert. */
function beginningOf(alert: ReceivedAlert): string {
  return alertKey({ ...alertDetails(alert), status: 'firing' });
}

function withFingerprint(alert: ReceivedAlert): ReceivedAlert {
  return alert.fingerprint === '' ? { ...alert, fingerprint: fingerprintOf(alert.labels) } : alert;
}
