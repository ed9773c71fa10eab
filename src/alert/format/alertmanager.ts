import type { Notice } from '../../core/alert/outbox.ts';
import { timeText } from '../../core/text.ts';
import { annotationsOf, fingerprintOf, type LabelSet, labelsOf, MOMENT_MS } from './labels.ts';
import type { MessageView } from './message-view.ts';

/** The zero time of Go: the end of an alert that has not ended. */
const NEVER = '0001-01-01T00:00:00Z';

/** One alert of the web hook. */
interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** The body of Alertmanager's web hook, version 4, with the keys in its order (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export function alertmanagerFormat(view: MessageView): object {
  const alerts = alertsOf(view.notices, view.sender.url);
  return {
    receiver: view.receiver,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    alerts,
    groupLabels: {},
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: view.sender.url,
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: view.truncated,
  };
}

/** JSON as Go writes it: the special characters of HTML are escaped, and a line break ends it. */
export function goJson(value: unknown): string {
  const escaped = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `${escaped}\n`;
}

/** Each alert once, in its last state. */
function alertsOf(notices: readonly Notice[], url: string): WebhookAlert[] {
  const alerts = notices.flatMap((notice) => alertsIn(notice, url));
  return [...new Map(alerts.map((alert) => [alert.fingerprint, alert])).values()];
}

function alertsIn({ status, event, ended }: Notice, url: string): WebhookAlert[] {
  const events = status === 'resolved' ? ended : [event];
  return events.map((fired) => {
    const labels = labelsOf(fired);
    return {
      status: status === 'resolved' ? 'resolved' : 'firing',
      labels,
      annotations: annotationsOf(fired),
      startsAt: fired.time,
      endsAt: endOf(status, event.time),
      generatorURL: url,
      fingerprint: fingerprintOf(labels),
    };
  });
}

function endOf(status: Notice['status'], time: string): string {
  switch (status) {
    case 'firing':
      return NEVER;
    case 'info':
      return timeText(Date.parse(time) + MOMENT_MS);
    case 'resolved':
      return time;
  }
}

function commonOf(sets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...others] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value)),
  );
}
