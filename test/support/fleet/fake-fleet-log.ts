import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';

/** An event on a made-up bus. */
export interface BusEvent {
  readonly seq: number;
  /** What its exporter is called in the fleet. */
  readonly name: string;
  /** Its id, which its exporter gave it. */
  readonly id: string;
  readonly type: string;
  /** Which storing of the log it was: an event that is stored again at its old place is not what a cursor meant. */
  readonly storing: number;
  readonly json: string;
}

/** The log of a made-up fleet, as all its hubs read it. */
export class FakeFleetLog {
  readonly epoch: string;
  readonly changes = new EventEmitter().setMaxListeners(0);
  #events: BusEvent[] = [];
  #storings = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  get head(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  /** Stores an event of an exporter. `fields` are those of its JSON beside the id, the name and the type. Returns its cursor. */
  publish(name: string, id: string, type = 'session-created', fields: object = {}): string {
    const seq = this.#store(name, id, type, fields);
    this.changes.emit('change');
    return this.cursorAt(seq);
  }

  /** Goes back to an old state, as a server of the bus does that is restored from an old disk, and stores other events, by name and id. Its epoch stays. */
  rewind(seq: number, ...others: readonly (readonly [name: string, id: string])[]): void {
    this.#events = this.#events.filter((event) => event.seq <= seq);
    for (const [name, id] of others) this.#store(name, id, 'session-created', {});
  }

  after(seq: number): readonly BusEvent[] {
    return this.#events.filter((event) => event.seq > seq);
  }

  cursorAt(seq: number): string {
    const { name = '', id = '', storing = 0 } = this.#events.find((event) => event.seq === seq) ?? {};
    const check = createHash('sha256').update(`${name} ${id} ${storing}`).digest('hex').slice(0, 4);
    return `${this.epoch}-${seq}.${check}`;
  }

  /** The sequence of a cursor, or why there is none. */
  read(cursor: string): number | 'epoch' | 'malformed' {
    const [, epoch, digits] = /^([0-9a-f]{12})-(\d+)\.[0-9a-f]{4}$/.exec(cursor) ?? [];
    if (epoch === undefined) return 'malformed';
    return this.cursorAt(Number(digits)) === cursor ? Number(digits) : 'epoch';
  }

  #store(name: string, id: string, type: string, fields: object): number {
    const seq = this.head + 1;
    const common = { v: 1, id, type, time: '2026-01-02T03:04:05.678Z', severity: 'info', host: 'box', server: null };
    const texts = { title: `${type} of ${id}`, body: '', incident: null };
    this.#events.push({
      seq,
      name,
      id,
      type,
      storing: ++this.#storings,
      json: JSON.stringify({ ...common, ...texts, ...fields, name }),
    });
    return seq;
  }
}
