/** A JSON object from outside, with values of unknown types. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses a text as a JSON object; null if it is none. */
export function parseObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whether a value is an object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object; null if not. */
export function asObject(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}

/** The value if it is a text; null if not. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The value if it is a number; null if not. */
export function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
