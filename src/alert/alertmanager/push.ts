import { ClockSteps } from '../../core/clock.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { ReadFile } from '../../core/file.ts';
import type { Clock } from '../delivery/alert-clock.ts';
import { readAccess } from '../delivery/credentials.ts';
import type { AlertObserver } from '../delivery/delivery-observer.ts';
import { limitKept } from '../delivery/kept.ts';
import { MOMENT_MS } from '../format/labels.ts';
import type { Sender } from '../format/message-view.ts';
import type { Changes } from '../receiver/change-log.ts';
import type { IncidentEnds } from '../receiver/incident-ends.ts';
import type { Alertmanager } from '../receiver/receiver.ts';
import { isSuccess, type Outcome, problemOf } from '../request/outcome.ts';
import type { Post } from '../request/post.ts';
import { ActiveAlerts, type PostedAlert } from './active-alerts.ts';

/** The most alerts in one request, as with Prometheus. */
const BATCH = 64;

/** Delay of the first retry of a push, in milliseconds. It doubles each time, up to the interval of sending. */
const FIRST_RETRY_MS = 5_000;

/** The dependencies of a push. */
export interface PushOptions {
  readonly alertmanager: Alertmanager;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly observer: AlertObserver;
  readonly post: Post;
  readonly readFile: ReadFile;
  readonly sender: () => Sender;
}

/** Keeps one Alertmanager up to date. It sends all alerts at each change, and once per interval, because an Alertmanager forgets alerts that are not repeated. A failed push loses nothing: the next one sends everything. */
export class AlertmanagerPush {
  readonly #options: PushOptions;
  readonly #alerts: ActiveAlerts;
  readonly #steps: ClockSteps;
  readonly #abort = new AbortController();
  #sending: Promise<void> | null = null;
  #hasChanges = true;
  #failures = 0;
  #callOff = () => {};

  constructor(options: PushOptions) {
    const { alertmanager, changes, clock } = options;
    const owner = pushOwner(alertmanager);
    const kept = limitKept(changes.kept(owner), clock.now(), { cooldownMs: 0, endMs: MOMENT_MS });
    this.#options = options;
    this.#steps = new ClockSteps(clock);
    this.#alerts = new ActiveAlerts(alertmanager, kept, changes.of(owner));
  }

  /** Takes an event in. The caller commits, then calls {@link AlertmanagerPush.wake}. */
  take(event: TmuxEvent): void {
    if (this.#alerts.take(event, this.#now())) this.#hasChanges = true;
  }

  /** Ends incidents that are not open any more. */
  retain({ isOpen }: IncidentEnds): void {
    if (this.#alerts.tidy(isOpen, this.#now())) this.#hasChanges = true;
  }

  /** Sends the alerts if one has changed. */
  wake(): void {
    if (this.#hasChanges) this.#send();
  }

  /** Ends a running push. Firing alerts stay stored. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#callOff();
    await this.#sending;
  }

  #send(): void {
    if (this.#sending || this.#abort.signal.aborted) return;
    this.#callOff();
    this.#hasChanges = false;
    this.#sending = this.#push();
  }

  async #push(): Promise<void> {
    const outcome = await this.#attempt();
    this.#sending = null;
    if (this.#abort.signal.aborted) return;
    if (outcome === null) return this.wake();
    const problem = problemOf(outcome);
    this.#failures = isWorthRetrying(outcome) ? this.#failures + 1 : 0;
    this.#options.observer.pushed(this.#options.alertmanager.name, problem);
    this.#callOff = this.#options.clock.after(this.#pauseMs(), () => this.#send());
    if (this.#failures === 0) this.wake();
  }

  /** Sends all alerts. Gives null if there is none. It never rejects. */
  async #attempt(): Promise<Outcome | null> {
    try {
      const { sender } = this.#options;
      const alerts = this.#alerts.list(this.#now(), sender().url);
      return alerts.length > 0 ? await this.#postAll(alerts) : null;
    } catch {
      // The error is not shown: its message could contain a secret.
      return { kind: 'unsendable', problem: 'the alerts cannot be written, because of a bug in tmux-exporter' };
    }
  }

  async #postAll(alerts: readonly PostedAlert[]): Promise<Outcome> {
    let outcome: Outcome = { kind: 'answered', status: 200, retryAfterMs: null, excerpt: null };
    for (let from = 0; from < alerts.length && !problemOf(outcome); from += BATCH) {
      outcome = await this.#post(alerts.slice(from, from + BATCH));
    }
    return outcome;
  }

  async #post(alerts: readonly PostedAlert[]): Promise<Outcome> {
    const { alertmanager, sender, post, readFile } = this.#options;
    const reading = await readAccess(alertmanager, readFile);
    if (reading.kind === 'none') return { kind: 'unanswered', problem: reading.problem };
    const { headers, proxy, tls, secrets } = reading.access;
    const url = new URL(reading.access.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/alerts`;
    return post({
      url,
      headers: { 'content-type': 'application/json', 'user-agent': `tmux-exporter/${sender().version}`, ...headers },
      body: JSON.stringify(alerts),
      proxy,
      tls,
      timeoutMs: alertmanager.timeoutMs,
      signal: this.#abort.signal,
      secrets,
    });
  }

  /** The time in Unix milliseconds. If the wall clock was set, the alerts are moved first. */
  #now(): number {
    const stepMs = this.#steps.take();
    if (stepMs !== 0) this.#alerts.move(stepMs);
    return this.#options.clock.now();
  }

  #pauseMs(): number {
    const { resendMs } = this.#options.alertmanager;
    return this.#failures === 0 ? resendMs : Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), resendMs);
  }
}

/** The name under which the rows of an Alertmanager are stored. */
export function pushOwner({ name }: Alertmanager): string {
  return `alertmanager ${name}`;
}

/** At status 400 the Alertmanager has accepted the valid alerts; sending the others again does not make them valid. */
function isWorthRetrying(outcome: Outcome): boolean {
  if (outcome.kind !== 'answered') return true;
  return !isSuccess(outcome.status) && outcome.status !== 400;
}
