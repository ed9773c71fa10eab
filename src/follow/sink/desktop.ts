import type { Severity } from '../../core/event/event.ts';
import type { Notice } from '../notice/notice.ts';
import type { RunCommand } from './own-command.ts';

/** A tool that shows notices on a desktop, and its path. */
export type DesktopTool =
  | { readonly kind: 'notify-send'; readonly path: string }
  | { readonly kind: 'terminal-notifier'; readonly path: string }
  | { readonly kind: 'osascript'; readonly path: string };

/** Options of {@link createDesktop}. */
export interface DesktopOptions {
  readonly tool: DesktopTool;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | null;
  readonly run: RunCommand;
  /** Called with a line for people if something goes wrong. */
  readonly complain: (message: string) => void;
}

/** Limits the wait: notify-send waits 25 s for a session bus that does not answer. */
const TIMEOUT_MS = 5_000;

const URGENCY: Readonly<Record<Severity, string>> = { info: 'low', warning: 'normal', critical: 'critical' };

/** The known tools, best first. */
export const DESKTOP_TOOLS = ['notify-send', 'terminal-notifier', 'osascript'] as const;

/** Creates the sink that shows notices on the desktop. A notice that cannot be shown is reported as a problem, and counts as shown. */
export function createDesktop({ tool, env, uid, run, complain }: DesktopOptions): (notice: Notice) => Promise<void> {
  const whole = { ...env, DBUS_SESSION_BUS_ADDRESS: env['DBUS_SESSION_BUS_ADDRESS'] ?? sessionBus(uid) };
  return async (notice) => {
    const args = ARGUMENTS[tool.kind](notice);
    const end = await run({ file: tool.path, args, env: whole, stdin: null, output: 'capture', timeoutMs: TIMEOUT_MS });
    if (end.kind === 'exited' && end.code === 0) return;
    const said = end.kind === 'exited' ? end.stderr.trim().split('\n').at(-1) : null;
    complain(`${tool.kind} could not show a notice: ${said || (end.kind === 'timeout' ? 'it hung' : end.kind)}`);
  };
}

/** The session bus of a login, for processes outside of it: a systemd unit, cron, ssh. */
function sessionBus(uid: number | null): string | undefined {
  return uid === null ? undefined : `unix:path=/run/user/${uid}/bus`;
}

const SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title "tmux" subtitle (item 1 of argv)',
  'end run',
];

const ARGUMENTS: Readonly<Record<DesktopTool['kind'], (notice: Notice) => string[]>> = {
  'notify-send': ({ severity, title, body }) => {
    const options = ['--app-name=tmux-exporter', `--urgency=${URGENCY[severity]}`, '--icon=utilities-terminal'];
    return [...options, '--', title, escapeMarkup(body.join('\n'))];
  },
  'terminal-notifier': ({ title, body }) => {
    // terminal-notifier parses a text that begins with a bracket as a property list.
    const text = (words: string) => words.replace(/^[[({]/, '\\$&');
    return ['-title', 'tmux', '-subtitle', text(title), '-message', text(body.join('\n') || title)];
  },
  osascript: ({ title, body }) => [...SCRIPT.flatMap((line) => ['-e', line]), '--', title, body.join('\n')],
};

/** The body of a notification is markup, its title is not: https://specifications.freedesktop.org/notification-spec/latest/markup.html */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
