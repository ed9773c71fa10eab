import type { TemplateEscape } from '../../core/alert/notification.ts';
import { type EscapeText, fillTemplate } from '../../core/alert/template.ts';
import { HTML_ENTITIES } from '../../core/text.ts';
import * as discord from './discord.ts';
import type { MessageView } from './message-view.ts';
import { nativeFormat } from './native.ts';
import * as slack from './slack.ts';
import { gravest } from './summary.ts';

/** What the format `template` is written with. */
export interface TemplateSettings {
  /** A JSON tree with `{{path}}` in its strings. */
  readonly template: unknown;
  readonly escape: TemplateEscape;
}

/** The format `template`: a JSON tree of the person's own, filled in from the native format and its gravest event. */
export function templateFormat(view: MessageView, settings: TemplateSettings): unknown {
  const data = { ...nativeFormat(view), event: gravest(view.all).event };
  return fillTemplate(settings.template, data, escapeTextOf(settings.escape));
}

/** Writes a character between two others; those are empty at the ends of the text. */
type Write = (character: string, before: string, after: string) => string;

function escapeTextOf(kind: TemplateEscape): EscapeText {
  if (kind === 'none') return (text) => text;
  const write = WRITE[kind];
  return (text) => {
    const characters = Array.from(text);
    return characters
      .map((character, at) => write(character, characters[at - 1] ?? '', characters[at + 1] ?? ''))
      .join('');
  };
}

const WRITE: Readonly<Record<Exclude<TemplateEscape, 'none'>, Write>> = {
  mentions: breakMention,
  slack: slack.escapeSlack,
  mattermost: slack.escapeMarkdown,
  discord: discord.escapeTemplate,
  html: escapeHtml,
};

/** `@everyone` and its like, the `<!channel>` of Slack, the `<users/all>` of Google Chat, and the `<at>` of Lark and Teams. */
function breakMention(character: string): string {
  return /[@<]/.test(character) ? `${character}${slack.APART}` : character;
}

/** HTML, in which Telegram and Matrix still read `@name`. */
function escapeHtml(character: string): string {
  return HTML_ENTITIES[character] ?? breakMention(character);
}
