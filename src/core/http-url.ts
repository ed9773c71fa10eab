/** Tabs and line breaks, which `URL` drops without a word, and other characters that a URL cannot have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Parses an http or https URL of one line; null for any other text. */
export function parseHttpUrl(text: string): URL | null {
  const url = CONTROL.test(text) ? null : URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
}
