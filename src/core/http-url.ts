/** Tabs and line breaks, which `URL` drops without a word, and other characters that a URL cannot have. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Parses an http or https URL of one line; null for any other text. Nothing listens on port 0, and Node would go to the port of the scheme. */
export function parseHttpUrl(text: string): URL | null {
  const url = CONTROL.test(text) ? null : URL.parse(text);
  if (url === null || url.port === '0') return null;
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}
