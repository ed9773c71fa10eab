import { alertDetails, alertDraft, alertKey, type ReceivedAlert } from '../../core/alert/alert.ts';
import type { EventDraft, ServerReference } from '../../core/event/event.ts';
import { HISTORY_EVENTS, type History, type LoggedEvent } from '../../core/event/event-log.ts';
import { fingerprintOf } from '../format/labels.ts';

/** What came of alerts that were received. */
export type Reception =
  /** All of them are stored, and told of where they were new. */
  | { readonly kind: 'stored'; readonly told: number; readonly duplicates: number }
  /** They cannot be stored at the moment: whoever sent them is to send them again. */
  | { readonly kind: 'not_stored' };

/** What a relay needs. */
export interface RelayOptions {
  readonly history: History;
  /** Appends events to the history, stores them and tells of them. */
  readonly append: (drafts: readonly EventDraft[]) => readonly LoggedEvent[];
  /** Whether everything that was appended is stored. */
  readonly isStored: () => boolean;
  /** The registered server of a name; null where there is none. */
  readonly serverOf: (name: string) => ServerReference | null;
}

/** Tells the feed of alerts that an Alertmanager sent us: each state of each alert once. What was told before is known from the history, also after a restart. */
export class AlertRelay {
  readonly #options: RelayOptions;
  /** The incidents of the alerts that were told, the oldest first. */
  readonly #emitted = new Map<string, string>();

  constructor(options: RelayOptions) {
    this.#options = options;
    for (const logged of options.history.after(0)) {
      // Most events are none: only those that are have to be parsed.
      if (logged.json.includes('"type":"alert"')) this.#remember(logged);
    }
  }

  /** Takes alerts of one request in. */
  receive(alerts: readonly ReceivedAlert[]): Reception {
    const fresh = this.#fresh(alerts.map(withFingerprint));
    const drafts = fresh.map((alert) => this.#draft(alert));
    for (const logged of this.#options.append(drafts)) this.#remember(logged);
    if (!this.#options.isStored()) return { kind: 'not_stored' };
    return { kind: 'stored', told: fresh.length, duplicates: alerts.length - fresh.length };
  }

  #fresh(alerts: readonly ReceivedAlert[]): ReceivedAlert[] {
    const byKey = new Map(alerts.map((alert) => [alertKey(alertDetails(alert)), alert]));
    return [...byKey].filter(([key]) => !this.#emitted.has(key)).map(([, alert]) => alert);
  }

  #draft(alert: ReceivedAlert): EventDraft {
    const begun = alertKey({ ...alertDetails(alert), status: 'firing' });
    const name = alert.labels['server'];
    const server = name === undefined ? null : this.#options.serverOf(name);
    return alertDraft(alert, server, this.#emitted.get(begun) ?? null);
  }

  #remember({ event }: LoggedEvent): void {
    if (event.type !== 'alert') return;
    this.#emitted.set(alertKey(event), event.incident ?? event.id);
    const [oldest] = this.#emitted.keys();
    if (this.#emitted.size > HISTORY_EVENTS && oldest !== undefined) this.#emitted.delete(oldest);
  }
}

function withFingerprint(alert: ReceivedAlert): ReceivedAlert {
  return alert.fingerprint === '' ? { ...alert, fingerprint: fingerprintOf(alert.labels) } : alert;
}
