import { timeText } from '../../core/text.ts';
import { fitText, type TextLimit } from './fit.ts';
import type { MessageView } from './message-view.ts';
import { APART } from './slack.ts';

/** Limits of Discord (https://discord.com/developers/docs/resources/message#embed-object-embed-limits): 2000 characters of content, 4096 of a description, 2048 of a footer, 6000 in all embeds. */
const CONTENT: TextLimit = { most: 2_000, write: escapeMarkdown };
const DESCRIPTION: TextLimit = { most: 4_096, write: escapeMarkdown };
const FOOTER: TextLimit = { most: 256 };

const COLORS = { critical: 0xd92d20, warning: 0xf79009, info: 0x2e90fa } as const;
const RESOLVED = 0x12b76a;

/** The body for a web hook of Discord. It mentions nobody, whatever the names of sessions are. */
export function discordFormat({ summary, sender, createdAt }: MessageView): object {
  const { title, body, status, severity } = summary;
  return {
    content: fitText(title, CONTENT),
    embeds: [
      {
        description: fitText(body, DESCRIPTION),
        color: status === 'resolved' ? RESOLVED : COLORS[severity],
        footer: { text: fitText(sender.host, FOOTER) },
        timestamp: timeText(createdAt),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

/** A backslash disables each special character of Discord's Markdown. */
function escapeMarkdown(character: string): string {
  return /[\\*_~`|<>[\]@]/.test(character) ? `\\${character}` : character;
}

/** For a message that may allow mentions: a backslash does not keep `@everyone` from working. */
export function escapeTemplate(character: string): string {
  return character === '@' ? `@${APART}` : escapeMarkdown(character);
}
