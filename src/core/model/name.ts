/** The longest a server name may be, without an optional `user/` before it. */
export const MAX_NAME_LENGTH = 64;

const PART = /^[A-Za-z0-9_.@+-]{1,64}$/;

/** The rule for server names, as text for an error message. */
export const NAME_RULE = `1 to ${MAX_NAME_LENGTH} of A-Z a-z 0-9 _ . @ + -, optionally after "user/"`;

/** Whether `name` may label a server: `[A-Za-z0-9_.@+-]{1,64}`, optionally after `user/`; `.` and `..` would break a URL path. */
export function isServerName(name: string): boolean {
  const parts = name.split('/');
  return parts.length <= 2 && parts.every((part) => PART.test(part) && part !== '.' && part !== '..');
}

/** The user that a server's name begins with; empty for the daemon's own. */
export function userOf(name: string): string {
  const slash = name.indexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** The place of a socket as {@link nameOfSocket} needs it. */
export interface SocketPlace {
  /** Absolute path of the socket. */
  readonly socket: string;
  /** The folder tmux uses for the daemon's own user, such as `/tmp/tmux-1000`. */
  readonly ownDirectory: string;
  /** The other user that the socket belongs to; null if it belongs to the daemon's own user. */
  readonly owner: Owner | null;
}

/** A user of the machine. */
export interface Owner {
  readonly uid: number;
  /** The user id, if there is no login. */
  readonly login: string;
}

/**
 * The name a socket gets when nobody named it: `work` in the user's socket directory, `work@folder` elsewhere, after `user/` for
 * another user's; mapped if that is no name. The path does not decide which user it is: anybody can make a folder `tmux-1001`.
 */
export function nameOfSocket({ socket, ownDirectory, owner }: SocketPlace): string {
  const { folder, base } = splitPath(socket);
  if (folder === ownDirectory) return mapped(base, socket);
  const isUsual = owner !== null && splitPath(folder).base === `tmux-${owner.uid}`;
  return ownedName(isUsual ? base : `${base}@${splitPath(folder).base || 'root'}`, socket, owner);
}

/** `text` as a valid name: other characters become `_`, a long text is cut, and a suffix from `origin` keeps two names apart. */
function mapped(text: string, origin: string): string {
  if (isServerName(text) && !text.includes('/')) return text;
  return distinctName(text.replaceAll(/[^A-Za-z0-9_.@+-]/gu, '_'), origin);
}

/** The name of a server in another mount namespace: the basename of its socket, and the unit or container that it runs in, after `user/` for another user's. */
export function nameElsewhere(socket: string, place: string, owner: Owner | null): string {
  return ownedName(`${splitPath(socket).base}@${place}`, socket, owner);
}

function ownedName(name: string, socket: string, owner: Owner | null): string {
  return owner === null ? mapped(name, socket) : `${mapped(owner.login, owner.login)}/${mapped(name, socket)}`;
}

/** A short name for a cgroup: the id of its container, cut to 12 characters as container tools do, or the name of its unit. */
export function placeOfCgroup(cgroup: string | null): string {
  const { base } = splitPath(cgroup ?? '');
  const [container] = /[0-9a-f]{64}/.exec(base) ?? [];
  return (
    container?.slice(0, 12) ??
    (base.replace(/\.(service|scope|slice)$/, '').replaceAll(/[^\w.+-]/g, '_') || 'elsewhere')
  );
}

/** `name` with a suffix that depends only on `origin`, such as the path of the socket, for a second server with the same name. */
export function distinctName(name: string, origin: string): string {
  const suffix = `-${hashOf(origin)}`;
  const [last = '', ...before] = name.split('/').reverse();
  return [...before.reverse(), last.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix].join('/');
}

function splitPath(path: string): { folder: string; base: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, slash), base: path.slice(slash + 1) };
}

/** FNV-1a, 32 bits: short and stable. It only has to keep two names apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0').slice(0, 6);
}
