/** A JSON object of somebody else's making: nothing is known of its values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a text as a JSON object; null where it is none. */
export function parseObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The value as an object; null where it is none. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value as a text; null where it is none. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The value as a number; null where it is none. */
export function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
