import { HTML_ENTITIES, printable } from '../../core/text.ts';

/** A piece of HTML that is safe to send. Only {@link html} makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template. */
export type HtmlValue = string | number | Html | readonly Html[];

/** Makes HTML of a template. Every text value is escaped, for elements and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(htmlText)));
}

function htmlText(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(htmlText).join('');
  return printable(String(value)).replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? '');
}
