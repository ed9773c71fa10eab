/** Whether a shell glob matches a whole path, as fnmatch(3) does with FNM_PATHNAME and FNM_PERIOD: a wildcard matches neither a slash nor a leading dot of a name. */
export function matchesPath(glob: string, path: string): boolean {
  const [globParts, parts] = [glob.split('/'), path.split('/')];
  return globParts.length === parts.length && globParts.every((part, index) => matchesName(part, parts[index] ?? ''));
}

function matchesName(glob: string, name: string): boolean {
  if (name.startsWith('.') && !glob.startsWith('.')) return false;
  return expressionOf(glob)?.test(name) ?? false;
}

/** Converts a glob to a regular expression; null if it has an impossible set such as `[z-a]`, which matches nothing. */
function expressionOf(glob: string): RegExp | null {
  try {
    return new RegExp(`^${glob.replace(TOKEN, sourceOf)}$`, 'su');
  } catch {
    return null;
  }
}

function sourceOf(token: string): string {
  if (token === '*') return '.*';
  if (token === '?') return '.';
  if (token.length > 1 && token.startsWith('[')) return setOf(token.slice(1, -1));
  return token.replace(/^\\(?=.)/s, '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function setOf(members: string): string {
  const isNegated = /^[!^]/.test(members);
  return `[${isNegated ? '^' : ''}${members.slice(isNegated ? 1 : 0).replace(/[\\\]^[]/g, '\\$&')}]`;
}

/** An escaped character, a set of characters, or any other character. */
const TOKEN = /\\.|\[[!^]?\]?[^\]]*\]|[\s\S]/gu;
