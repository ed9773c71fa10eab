/** The longest a server name may be, without an optional `user/` before it. */
export const MAX_NAME_LENGTH = 64;

const PART = /^[A-Za-z0-9_.@+-]{1,64}$/;

/** What a server name must look like, as an error message says it. */
export const NAME_RULE = `1 to ${MAX_NAME_LENGTH} of A-Z a-z 0-9 _ . @ + -, optionally after "user/"`;

/** Whether `name` may label a server: `[A-Za-z0-9_.@+-]{1,64}`, optionally after `user/`; `.` and `..` would break a URL path. */
export function isServerName(name: string): boolean {
  const parts = name.split('/');
  return parts.length <= 2 && parts.every((part) => PART.test(part) && part !== '.' && part !== '..');
}

/** Where a socket lies, seen from the daemon: what {@link nameOfSocket} needs to name it. */
export interface SocketPlace {
  /** Absolute path of the socket. */
  readonly socket: string;
  /** The folder tmux uses for the daemon's own user, such as `/tmp/tmux-1000`. */
  readonly ownDirectory: string;
  /** Login of the other user whose socket directory holds the socket; null where it is nobody's. */
  readonly directoryOwner: string | null;
}

/** The name a socket gets when nobody named it: `work` for one's own, `user/work` for another user's, `work@folder` elsewhere; mapped if that is no name. */
export function nameOfSocket({ socket, ownDirectory, directoryOwner }: SocketPlace): string {
  const { folder, base } = splitPath(socket);
  if (folder === ownDirectory) return mapped(base, socket);
  if (directoryOwner !== null) return `${mapped(directoryOwner, socket)}/${mapped(base, socket)}`;
  return mapped(`${base}@${splitPath(folder).base || 'root'}`, socket);
}

/** A name for every living server: what no name holds becomes `_`, what is too long is cut, and a suffix from the path keeps two apart. */
function mapped(text: string, socket: string): string {
  if (isServerName(text) && !text.includes('/')) return text;
  return distinctName(text.replaceAll(/[^A-Za-z0-9_.@+-]/gu, '_'), socket);
}

/** The name of a server in another mount namespace: the basename of its socket, and the unit or container that it runs in. */
export function nameElsewhere(socket: string, place: string): string {
  return mapped(`${splitPath(socket).base}@${place}`, socket);
}

/** What a cgroup is called: the id of a container, cut to 12 characters as its tools do, or the name of a unit. */
export function placeOfCgroup(cgroup: string | null): string {
  const { base } = splitPath(cgroup ?? '');
  const [container] = /[0-9a-f]{64}/.exec(base) ?? [];
  return (
    container?.slice(0, 12) ??
    (base.replace(/\.(service|scope|slice)$/, '').replaceAll(/[^\w.+-]/g, '_') || 'elsewhere')
  );
}

/** `name` with a suffix that depends on the path alone, for a second server that would otherwise have the same name. */
export function distinctName(name: string, socket: string): string {
  const suffix = `-${hashOf(socket)}`;
  const [last = '', ...before] = name.split('/').reverse();
  return [...before.reverse(), last.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix].join('/');
}

function splitPath(path: string): { folder: string; base: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, slash), base: path.slice(slash + 1) };
}

/** FNV-1a, 32 bits: short and stable; it only keeps two names apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0').slice(0, 6);
}
