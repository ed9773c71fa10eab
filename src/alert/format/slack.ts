import { fitText, type TextLimit } from './fit.ts';
import type { MessageView } from './message-view.ts';
import type { Summary } from './summary.ts';

/** Limits of Slack (https://docs.slack.dev/reference/block-kit/blocks): a header, a section, and the text for notifications. */
const HEADER: TextLimit = { most: 150, write: escapeSlack };
const SECTION: TextLimit = { most: 3_000, write: escapeSlack };
const TEXT: TextLimit = { most: 3_000, write: escapeMarkdown };

/** The body of an incoming web hook of Slack, also for Mattermost and others that read `text`, and for Zulip, which reads the blocks as Markdown. Names of sessions are shown as they are, and mention nobody in any of these. */
export function slackFormat({ summary }: MessageView): object {
  const { title, body } = summary;
  return {
    text: fitText(body === '' ? title : `${title}\n${body}`, TEXT),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(fitText(`${markOf(summary)} ${title}`, HEADER)) },
      ...(body === '' ? [] : [{ type: 'section', text: plain(fitText(body, SECTION)) }]),
    ],
  };
}

const MARKS = { critical: '🔴', warning: '🟠', info: '🔵' } as const;

function markOf({ status, severity }: Summary): string {
  return status === 'resolved' ? '🟢' : MARKS[severity];
}

function plain(text: string): object {
  return { type: 'plain_text', text, emoji: false };
}

/** Keeps two characters apart, and is not seen. */
export const APART = '\u200b';

/** Slack shows `text` in notifications alone, Mattermost and others read it as Markdown, with mentions of their own: `@all`, `@here`, `~channel`, `#tag`. A backslash keeps no mention from working. */
export function escapeMarkdown(character: string, before: string, after: string): string {
  if (/[@~#]/.test(character)) return `${character}${APART}`;
  if (/[\\*`[]/.test(character)) return `\\${character}`;
  // Within a word an underscore means nothing, and names have many of them.
  if (character === '_') return /\w/.test(before) && /\w/.test(after) ? character : `\\${character}`;
  return escapeMarkup(character);
}

/** For a text that Slack may read as its own markup and, if the message asks for that, with `@name` and `#channel` linked. Zulip always links them. */
export function escapeSlack(character: string): string {
  return /[@#]/.test(character) ? `${character}${APART}` : escapeMarkup(character);
}

/** The three characters by which Slack knows links and mentions. */
function escapeMarkup(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    default:
      return character;
  }
}
