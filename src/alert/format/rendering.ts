import type { FormatName } from '../../core/alert/notification.ts';
import { alertmanagerFormat, goJson } from './alertmanager.ts';
import { discordFormat } from './discord.ts';
import type { MessageView } from './message-view.ts';
import { nativeFormat } from './native.ts';
import { ntfyFormat, ntfyTarget } from './ntfy.ts';
import { slackFormat } from './slack.ts';
import { type TemplateSettings, templateFormat } from './template.ts';

/** A message ready to send: its URL and its JSON. */
export interface Rendering {
  readonly url: URL;
  readonly body: string;
}

/** Writes a message in a format; `settings` are only used by the format `template`. */
export function render(format: FormatName, view: MessageView, url: URL, settings: TemplateSettings): Rendering {
  switch (format) {
    case 'native':
      return { url, body: JSON.stringify(nativeFormat(view)) };
    case 'alertmanager':
      return { url, body: goJson(alertmanagerFormat(view)) };
    case 'slack':
      return { url, body: JSON.stringify(slackFormat(view)) };
    case 'discord':
      return { url, body: JSON.stringify(discordFormat(view)) };
    case 'ntfy': {
      const { root, topic } = ntfyTarget(url);
      return { url: root, body: JSON.stringify(ntfyFormat(view, topic)) };
    }
    case 'template':
      return { url, body: JSON.stringify(templateFormat(view, settings)) };
  }
}
