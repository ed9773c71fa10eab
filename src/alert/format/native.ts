import { NOTIFICATION_VERSION, type Notification } from '../../core/alert/notification.ts';
import { timeText } from '../../core/text.ts';
import type { MessageView } from './message-view.ts';
import { suppressedIn } from './summary.ts';

/** The native format: all data, with the events in the form of the feed. */
export function nativeFormat(view: MessageView): Notification {
  const { id, receiver, sender, createdAt, notices, all, truncated, summary } = view;
  return {
    v: NOTIFICATION_VERSION,
    id,
    type: summary.type,
    status: summary.status,
    reason: all[0].reason,
    severity: summary.severity,
    timestamp: timeText(createdAt),
    host: sender.host,
    receiver,
    title: summary.title,
    body: summary.body,
    count: all.length,
    truncated,
    suppressed: suppressedIn(all),
    notices: notices.map(({ status, suppressed, event }) => ({ status, suppressed, event })),
  };
}
