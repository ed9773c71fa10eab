import type { EventDraft } from '../../../src/core/event/event.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import type { Journal, Memory } from '../../../src/core/registry/journal.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';

/** A journal in memory: tests can read what it was given to store. */
export class MemoryJournal implements Journal {
  readonly epoch = 'test';
  readonly former = null;
  readonly memories: Memory[] = [];
  readonly #log: MemoryLog;

  constructor(capacity?: number) {
    this.#log = new MemoryLog(this.epoch, { host: 'machine', bootId: 'boot-1' }, capacity);
  }

  get head(): number {
    return this.#log.head;
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  after(seq: number, limit?: number): readonly LoggedEvent[] {
    return this.#log.after(seq, limit);
  }

  missingAfter(seq: number): number {
    return this.#log.missingAfter(seq);
  }

  append(draft: EventDraft, now: number): LoggedEvent {
    return this.#log.append(draft, now);
  }

  step<T>(work: () => T): T {
    return work();
  }

  remember(memory: Memory): void {
    this.memories.push(memory);
  }

  flush(): void {}
}
