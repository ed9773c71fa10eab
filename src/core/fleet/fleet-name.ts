/** The longest name of an exporter in a fleet. */
const MOST_CHARACTERS = 64;

/** Whether a text can be the name of an exporter in a fleet: it is one token of a subject. */
export function isFleetName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

/** The rule for {@link isFleetPattern}, as text that follows "expected". */
export const FLEET_PATTERN_RULE = 'the name of an exporter in its fleet, or a pattern with * for any characters';

/** Whether a text is the name of an exporter in a fleet, or a pattern for such names. */
export function isFleetPattern(text: string): boolean {
  return /^[A-Za-z0-9_*-]{1,64}$/.test(text);
}

/** The name of an exporter: the one that its configuration gives it, otherwise that of its host, with `_` for every character that a name cannot hold. */
export function fleetNameOf(given: string | null, hostname: string): string {
  return given ?? (hostname.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MOST_CHARACTERS) || '_');
}
