import type { Severity } from '../../core/event/event.ts';
import { bytesOf, fitText, type TextLimit } from './fit.ts';
import type { MessageView } from './message-view.ts';

/** Limits of ntfy (https://docs.ntfy.sh/publish/#limitations): a message of more than 4096 bytes becomes an attachment; a title is one line. */
const MESSAGE: TextLimit = { most: 4_096, sizeOf: bytesOf };
const TITLE: TextLimit = { most: 250, sizeOf: bytesOf };

/** Priorities of ntfy: 5 is urgent, 3 the default. */
const PRIORITIES: Readonly<Record<Severity, number>> = { critical: 5, warning: 4, info: 3 };
const TAGS: Readonly<Record<Severity, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
};
const RESOLVED_TAG = 'white_check_mark';

/** The body for ntfy, as JSON that is posted to its root. */
export function ntfyFormat({ summary }: MessageView, topic: string): object {
  const { title, body, status, severity } = summary;
  return {
    topic,
    title: fitText(title, TITLE),
    message: fitText(body === '' ? title : body, MESSAGE),
    priority: PRIORITIES[severity],
    tags: [status === 'resolved' ? RESOLVED_TAG : TAGS[severity]],
  };
}

/** Splits the URL of a topic into root and topic, because ntfy accepts JSON only at the root. */
export function ntfyTarget(url: URL): { readonly root: URL; readonly topic: string } {
  const [topic = '', ...above] = url.pathname
    .split('/')
    .filter((step) => step !== '')
    .reverse();
  const root = new URL(url);
  root.pathname = `/${above.reverse().join('/')}`;
  return { root, topic };
}
