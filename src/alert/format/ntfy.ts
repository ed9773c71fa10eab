import type { Severity } from '../../core/event/event.ts';
import { bytesOf, fitText, type TextLimit } from './fit.ts';
import type { MessageView } from './message-view.ts';

/** Limits of ntfy (https://docs.ntfy.sh/publish/#limitations): 4096 bytes of message, beyond which it becomes an attachment; a title is shown in one line. */
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

/** The body that ntfy takes as JSON at its root. */
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

/** The root and the topic of a topic's URL, as people know it: JSON is only taken at the root. */
export function ntfyTarget(url: URL): { readonly root: URL; readonly topic: string } {
  const [topic = '', ...above] = url.pathname
    .split('/')
    .filter((step) => step !== '')
    .reverse();
  const root = new URL(url);
  root.pathname = `/${above.reverse().join('/')}`;
  return { root, topic };
}
