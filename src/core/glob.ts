/** Whether `text` matches `pattern`, in which `*` matches any characters, or none. Takes time in proportion to the two lengths, for every pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  return holdsInOrder(text.slice(first.length, text.length - last.length), rest);
}

function holdsInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/** Patterns for the names to include and to exclude. */
export interface NameFilter {
  /** An empty list includes every name. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Whether a name passes a filter. Exclusion wins over inclusion. */
export function passes({ include, exclude }: NameFilter, name: string): boolean {
  const matches = (pattern: string) => matchesGlob(pattern, name);
  return (include.length === 0 || include.some(matches)) && !exclude.some(matches);
}
