import { type Format, OPENMETRICS, TEXT } from './exposition-format.ts';

/** One item of an Accept or Accept-Encoding header: its value in lower case, its parameters and its weight. */
interface Preference {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; 0 means "not acceptable". */
  readonly weight: number;
}

/** Chooses the format for an Accept header (RFC 9110, 12.5.1): OpenMetrics only if the client asks for 1.0.0; otherwise text, which every scraper reads. */
export function chooseFormat(accept: string | undefined): Format {
  const preferences = parsePreferences(accept);
  const openMetrics = preferences.find((preference) => serves(preference, 'application/openmetrics-text', '1.0.0'));
  if (!openMetrics || openMetrics.weight === 0) return TEXT;
  const text = textPreference(preferences);
  if (!text || openMetrics.weight > text.weight) return OPENMETRICS;
  const isFirst = preferences.indexOf(openMetrics) < preferences.indexOf(text);
  return openMetrics.weight === text.weight && isFirst ? OPENMETRICS : TEXT;
}

/** Whether an Accept-Encoding header asks for gzip (RFC 9110, 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const preferences = parsePreferences(acceptEncoding);
  const gzip = preferences.find(({ value }) => value === 'gzip' || value === 'x-gzip') ?? wildcard(preferences, '*');
  const plain = preferences.find(({ value }) => value === 'identity');
  return gzip !== undefined && gzip.weight > 0 && gzip.weight >= (plain?.weight ?? 0);
}

function textPreference(preferences: readonly Preference[]): Preference | undefined {
  return (
    preferences.find((preference) => serves(preference, 'text/plain', '0.0.4')) ??
    wildcard(preferences, 'text/*') ??
    wildcard(preferences, '*/*')
  );
}

function serves({ value, parameters }: Preference, type: string, version: string): boolean {
  return value === type && (parameters.get('version') ?? version) === version;
}

function wildcard(preferences: readonly Preference[], pattern: string): Preference | undefined {
  return preferences.find(({ value }) => value === pattern);
}

function parsePreferences(header = ''): Preference[] {
  return header.split(',').map((item) => {
    const [value = '', ...rest] = item.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map(parseParameter));
    return { value: value.toLowerCase(), parameters, weight: parseWeight(parameters.get('q')) };
  });
}

function parseParameter(text: string): [string, string] {
  const [name = '', value = ''] = text.split('=').map((part) => part.trim());
  return [name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

/** Reads a weight. An invalid one counts as 1, as in other exporters. */
function parseWeight(text = '1'): number {
  const weight = Number(text);
  return text !== '' && weight >= 0 && weight <= 1 ? weight : 1;
}
