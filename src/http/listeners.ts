import { once } from 'node:events';
import type { Server } from 'node:net';
import { errorText } from '../core/text.ts';
import type { ListenAddress, Place } from './listen-address.ts';
import { isSame, overlaps, takenPlace } from './taken-place.ts';
import { listenOnUnixSocket, type SocketFile } from './unix-socket.ts';

/** An address cannot be listened on; `cause` is the reason. */
export class ListenError extends Error {
  readonly address: ListenAddress;
  /** The error code of the system, such as EADDRINUSE. */
  readonly code: unknown;
  /** The address of the same list that has taken it, such as all interfaces; null for none. */
  readonly rival: ListenAddress | null;

  constructor(address: ListenAddress, cause: unknown, rival: ListenAddress | null = null) {
    super(errorText(cause), { cause });
    this.address = address;
    this.rival = rival;
    this.code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  }
}

/** A server that listens. */
interface Listener<S extends Server> {
  readonly address: ListenAddress;
  readonly server: S;
  readonly place: Place;
  /** Whether it can still be reached: the file of a Unix socket can be removed. */
  readonly isThere: () => Promise<boolean>;
  /** Removes its files. Once: later, other files can have their place. */
  readonly tidy: () => Promise<void>;
}

/** The servers that listen. Several addresses can have one server, such as a name and the address that it leads to. */
export class Listeners<S extends Server> {
  readonly #create: () => S;
  #current: ReadonlyMap<string, Listener<S>> = new Map();
  readonly #servers = new Map<S, Place>();

  constructor(create: () => S) {
    this.#create = create;
  }

  /** All servers that have connections, including those that no longer listen. */
  get servers(): readonly S[] {
    return [...this.#servers.keys()];
  }

  /** The place at which a server listens, or has listened. */
  placeOf(server: S): Place | undefined {
    return this.#servers.get(server);
  }

  /** Whether a server belongs to the addresses that were listened on last: not yet while others of them are opened, and not any more once they have changed. */
  isCurrent(server: S): boolean {
    return [...this.#current.values()].some((listener) => listener.server === server);
  }

  /** Listens on these addresses and on no others; answers under way on others go on. Calls `onSwitch` at the moment at which the new servers become the current ones. Returns the places in the order of the addresses. Rejects with a {@link ListenError}, and then listens as before. */
  async listen(addresses: readonly ListenAddress[], onSwitch: () => void = () => {}): Promise<readonly Place[]> {
    const wanted = new Map(addresses.map((address) => [JSON.stringify(address), address]));
    const former = this.#current;
    const next = await this.#reachable([...former].filter(([key]) => wanted.has(key)));
    const kept = new Set(next.values());
    const superfluous = [...new Set(former.values())].filter((listener) => !kept.has(listener));
    const opened: Listener<S>[] = [];
    try {
      for (const [key, address] of wanted) {
        if (next.has(key)) continue;
        const listener = await this.#openBeside(address, [...next.values()], superfluous);
        if (![...next.values()].includes(listener)) opened.push(listener);
        next.set(key, listener);
      }
    } catch (error) {
      await Promise.all(opened.map(end));
      this.#current = await this.#reopen(former);
      throw error;
    }
    this.#current = next;
    onSwitch();
    await Promise.all(superfluous.map(end));
    return [...new Set([...wanted.keys()].flatMap((key) => next.get(key)?.place ?? []))];
  }

  /** Stops listening, on all addresses. */
  async stop(): Promise<void> {
    await Promise.all([...this.#current.values()].map(end));
  }

  async #reachable(listeners: readonly (readonly [string, Listener<S>])[]): Promise<Map<string, Listener<S>>> {
    const found = await Promise.all(listeners.map(([, listener]) => listener.isThere()));
    return new Map(listeners.filter((_, at) => found[at]));
  }

  /** An address can be taken by another one that is wanted too: it is the same one, or one of both has all interfaces. */
  async #openBeside(
    address: ListenAddress,
    others: readonly Listener<S>[],
    superfluous: readonly Listener<S>[],
  ): Promise<Listener<S>> {
    try {
      return await this.#openInPlaceOf(address, superfluous);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      const taken = takenPlace(error.cause);
      if (taken === null) throw error;
      const same = others.find(({ place }) => isSame(place, taken));
      if (same !== undefined) return same;
      const rival = others.find(({ place }) => overlaps(place, taken));
      throw rival === undefined ? error : new ListenError(address, error.cause, rival.address);
    }
  }

  /** An address can be taken by a listener of ours that is no longer wanted, such as 0.0.0.0 after 127.0.0.1 at the same port, or a Unix socket with other permissions. */
  async #openInPlaceOf(address: ListenAddress, superfluous: readonly Listener<S>[]): Promise<Listener<S>> {
    try {
      return await this.#open(address, address);
    } catch (error) {
      const rivals = superfluous.filter(({ server, place }) => server.listening && isAtSamePlace(address, place));
      if (!(error instanceof ListenError) || error.code !== 'EADDRINUSE' || rivals.length === 0) throw error;
      await Promise.all(rivals.map(end));
      return await this.#open(address, address);
    }
  }

  async #reopen(former: ReadonlyMap<string, Listener<S>>): Promise<ReadonlyMap<string, Listener<S>>> {
    const reopened = new Map<Listener<S>, Listener<S>>();
    for (const listener of new Set(former.values())) {
      const { address, place, server } = listener;
      // If the system chose its port, it gets the same one again.
      if (!server.listening) reopened.set(listener, await this.#open(address, 'port' in place ? place : address));
    }
    return new Map([...former].map(([key, listener]) => [key, reopened.get(listener) ?? listener]));
  }

  async #open(address: ListenAddress, exact: ListenAddress): Promise<Listener<S>> {
    const server = this.#create();
    try {
      const { isThere, remove } = await listenOn(server, exact);
      const place = placeOf(server, exact);
      this.#servers.set(server, place);
      server.once('close', () => this.#servers.delete(server));
      return { address, server, place, isThere, tidy: calledOnce(remove) };
    } catch (error) {
      throw new ListenError(address, error);
    }
  }
}

/** Only the first call does something. */
function calledOnce(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

const NO_FILE: SocketFile = { isThere: async () => true, remove: async () => {} };

async function listenOn(server: Server, address: ListenAddress): Promise<SocketFile> {
  if ('path' in address) return listenOnUnixSocket(server, address);
  server.listen('fd' in address || address.host !== null ? { ...address } : { port: address.port });
  await once(server, 'listening');
  return NO_FILE;
}

function placeOf(server: Server, address: ListenAddress): Place {
  if ('path' in address) return { path: address.path };
  const found = server.address();
  if (typeof found === 'string' || found === null) return { path: found ?? '' };
  return { host: found.address, port: found.port };
}

function isAtSamePlace(address: ListenAddress, place: Place): boolean {
  if ('path' in place) return 'path' in address && address.path === place.path;
  return 'port' in address && address.port === place.port;
}

async function end({ server, tidy }: Listener<Server>): Promise<void> {
  if (server.listening) server.close();
  await tidy();
}
