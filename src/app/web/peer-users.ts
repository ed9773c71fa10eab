import type { ReadFile } from '../../core/file.ts';
import type { ConnectionEnds } from '../../http/access/doorkeeper.ts';
import { keysOf, MOST_TABLE_BYTES, portText } from './listener-owner.ts';

/** Finds the users at the other ends of loopback connections. All who ask at the same time share a reading of the kernel's tables. */
export class PeerUsers {
  readonly #readFile: ReadFile;
  #running: Promise<string> | null = null;
  #next: Promise<string> | null = null;

  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
  }

  /** The user at the other end of a connection; null if it is not known, such as after that end was closed. */
  readonly userOf = async (ends: ConnectionEnds): Promise<number | null> => {
    const own = keysOf(written(ends.ownAddress)).exact;
    const rows = keysOf(written(ends.address)).exact.map((key, index) => {
      return `: ${key}:${portText(ends.port)} ${own[index]}:${portText(ends.ownPort)} `;
    });
    const table = await this.#table();
    const [found] = rows.flatMap((row) => {
      const at = table.indexOf(row);
      return at < 0 ? [] : [at + row.length];
    });
    return found === undefined ? null : uidIn(table.slice(found, found + 120));
  };

  /** A reading that began after the call, so that it has every connection that is open now. */
  #table(): Promise<string> {
    if (this.#running === null) return this.#read();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#read();
    });
    return this.#next;
  }

  #read(): Promise<string> {
    const reading = this.#readTables().finally(() => {
      if (this.#running === reading) this.#running = null;
    });
    this.#running = reading;
    return reading;
  }

  async #readTables(): Promise<string> {
    const paths = ['/proc/net/tcp', '/proc/net/tcp6'];
    const tables = await Promise.all(paths.map((path) => this.#readFile(path, MOST_TABLE_BYTES)));
    return tables.map((table) => (table.kind === 'read' ? table.text : '')).join('');
  }
}

/** The user in the rest of a row: state, queues, timer, retransmissions, uid, timeout, inode. Null if no program has the socket open any more: then the kernel says that it is root's. */
function uidIn(rest: string): number | null {
  const [, , , , uid, , inode] = rest.trim().split(/\s+/);
  return inode === '0' ? null : Number(uid);
}

/** An address of a socket as in a URL: a mapped one is that of IPv4. */
function written(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}
