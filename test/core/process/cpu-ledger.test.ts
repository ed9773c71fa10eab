import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CpuLedger, countCpu } from '../../../src/core/process/cpu-ledger.ts';
import { KernelModel, ROOT } from '../../support/machine/kernel-model.ts';
import { runs } from '../../support/sample/seed.ts';

/** Something that can happen: to the `index`-th of the living, or `pass`: a pass goes on to its next process. */
interface Step {
  readonly kind: 'fork' | 'forkAdopter' | 'forkIgnorer' | 'spend' | 'end' | 'wait' | 'pass' | 'wholePass';
  readonly index: number;
  readonly ms: number;
}

/** A model, and passes over it that may be torn by what happens meanwhile. */
class Stage {
  readonly kernel = new KernelModel();
  counted = 0;
  #ledger: CpuLedger | null = null;
  #reading: ReturnType<KernelModel['read']> | null = null;

  /** A whole pass in which nothing else happens; one that was under way is finished first. */
  pass(): number {
    if (this.#reading) while (!this.readOn());
    while (!this.readOn());
    return this.counted;
  }

  afterFirstPass(): { kernel: KernelModel; pass: () => number } {
    this.pass();
    return { kernel: this.kernel, pass: () => this.pass() };
  }

  /** Goes on to the next process; true when that ended the pass. */
  readOn(): boolean {
    this.#reading ??= this.kernel.read(this.#ledger?.table.processes.keys() ?? []);
    const step = this.#reading.next();
    if (!step.done) return false;
    this.#reading = null;
    const { ledger, spent } = countCpu(this.#ledger, step.value);
    this.#ledger = ledger;
    if ([...spent.values()].some((ms) => ms < 0)) throw new Error('a count fell');
    for (const [pid, ms] of spent) if (pid !== 1) this.counted += ms;
    if (this.counted > this.kernel.trulySpent) throw new Error('more was counted than was spent');
    return true;
  }

  take({ kind, index, ms }: Step, canOrphan: boolean): void {
    const { kernel } = this;
    const pid = kernel.living[index % kernel.living.length] ?? ROOT;
    if (kind === 'fork') kernel.fork(pid);
    if (kind === 'forkAdopter') kernel.fork(pid, { adopts: true });
    if (kind === 'forkIgnorer') kernel.fork(pid, { ignoresChildren: true });
    if (kind === 'spend') kernel.spend(pid, ms);
    if (kind === 'end' && pid !== ROOT && (canOrphan || !kernel.hasChildren(pid))) kernel.end(pid);
    if (kind === 'wait') kernel.wait(pid);
    if (kind === 'pass') this.readOn();
    if (kind === 'wholePass') this.pass();
  }
}

function steps(...kinds: Step['kind'][]): fc.Arbitrary<Step[]> {
  const step = fc.record({ kind: fc.constantFrom(...kinds), index: fc.nat(50), ms: fc.integer({ min: 1, max: 1000 }) });
  return fc.array(step, { maxLength: 150, size: 'max' });
}

describe('A ledger of CPU time', () => {
  it('counts every millisecond once if every process is waited for, even if processes end during a pass', () => {
    fc.assert(
      fc.property(steps('fork', 'spend', 'end', 'wait', 'pass'), (happenings) => {
        const stage = new Stage();
        stage.pass();
        for (const step of happenings) stage.take(step, false);
        // Processes that ended during a pass are counted by the next.
        stage.pass();
        expect(stage.pass()).toBe(stage.kernel.trulySpent);
      }),
      { numRuns: runs(300) },
    );
  });

  it('counts nothing twice, whichever processes are orphaned, adopted or dropped', () => {
    fc.assert(
      fc.property(
        steps('fork', 'forkAdopter', 'forkIgnorer', 'spend', 'spend', 'end', 'wait', 'pass', 'wholePass'),
        (happenings) => {
          const stage = new Stage();
          stage.pass();
          for (const step of happenings) stage.take(step, true);
          expect(stage.pass()).toBeLessThanOrEqual(stage.kernel.trulySpent);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('counts children that came and went between two passes', () => {
    const stage = new Stage();
    stage.pass();
    for (let round = 0; round < 1000; round++) {
      const child = stage.kernel.fork(ROOT);
      stage.kernel.spend(child, 3);
      stage.kernel.end(child);
      stage.kernel.wait(ROOT);
    }
    expect(stage.pass()).toBe(3000);
  });

  it('counts of a child that was seen alive only the rest, once it was waited for', () => {
    const stage = new Stage();
    stage.pass();
    const child = stage.kernel.fork(ROOT);
    stage.kernel.spend(child, 500);
    expect(stage.pass()).toBe(500);
    stage.kernel.spend(child, 20);
    stage.kernel.end(child);
    expect(stage.pass()).toBe(520);
    stage.kernel.wait(ROOT);
    expect(stage.pass()).toBe(520);
  });

  it('counts an orphan once, though it was waited for by another than its parent', () => {
    const { kernel, pass } = new Stage().afterFirstPass();
    const adopter = kernel.fork(ROOT, { adopts: true });
    const shell = kernel.fork(adopter);
    const parent = kernel.fork(shell);
    const orphan = kernel.fork(parent);
    kernel.spend(orphan, 600);
    expect(pass()).toBe(600);
    for (const pid of [parent, orphan]) kernel.end(pid);
    for (const pid of [shell, adopter]) kernel.wait(pid);
    expect(pass()).toBe(600);
  });

  it('counts an orphan once, if its parent is a zombie when an adopter has waited for it', () => {
    const { kernel, pass } = new Stage().afterFirstPass();
    const adopter = kernel.fork(ROOT, { adopts: true });
    const shell = kernel.fork(adopter);
    const parent = kernel.fork(shell);
    const orphan = kernel.fork(parent);
    kernel.spend(orphan, 1);
    expect(pass()).toBe(1);
    for (const pid of [orphan, parent]) kernel.end(pid);
    kernel.wait(adopter);
    expect(pass()).toBe(1);
  });

  it('counts an orphan once, if the adopter that waited for it has ended since and is an ancestor no more', () => {
    const { kernel, pass } = new Stage().afterFirstPass();
    const adopter = kernel.fork(ROOT, { adopts: true });
    const shell = kernel.fork(adopter);
    const parent = kernel.fork(shell);
    const orphan = kernel.fork(parent);
    kernel.spend(orphan, 3);
    expect(pass()).toBe(3);
    for (const pid of [parent, orphan]) kernel.end(pid);
    kernel.wait(adopter);
    kernel.end(adopter);
    expect(pass()).toBe(3);
  });

  it('counts an orphan once, if an adopter waits for it in the middle of a pass and its parent is waited for after it', () => {
    const stage = new Stage();
    const { kernel, pass } = stage.afterFirstPass();
    const adopter = kernel.fork(ROOT, { adopts: true });
    const shell = kernel.fork(adopter);
    const parent = kernel.fork(shell);
    const orphan = kernel.fork(parent);
    kernel.spend(orphan, 5);
    expect(pass()).toBe(5);
    // Listed; init, the root and the adopter were read.
    for (let read = 0; read < 4; read++) stage.readOn();
    for (const pid of [orphan, parent]) kernel.end(pid);
    kernel.wait(adopter);
    expect(pass()).toBe(5);
    kernel.wait(shell);
    expect(pass()).toBe(5);
  });

  it('counts a grandchild once, though it was in the middle of a pass that its parent was waited for', () => {
    const stage = new Stage();
    const { kernel, pass } = stage.afterFirstPass();
    const parent = kernel.fork(ROOT);
    const grandchild = kernel.fork(parent);
    kernel.spend(grandchild, 600);
    expect(pass()).toBe(600);
    kernel.end(grandchild);
    kernel.wait(parent);
    // Listed; init and the root were read.
    for (let read = 0; read < 3; read++) stage.readOn();
    kernel.end(parent);
    kernel.wait(ROOT);
    expect(pass()).toBe(600);
  });

  it('begins at nothing: what was spent before the first pass is not counted', () => {
    const stage = new Stage();
    stage.kernel.spend(ROOT, 5000);
    expect(stage.pass()).toBe(0);
    stage.kernel.spend(ROOT, 7);
    expect(stage.pass()).toBe(7);
  });

  it('loses what others spend of no child that is dropped without being waited for', () => {
    const stage = new Stage();
    const ignorer = stage.kernel.fork(ROOT, { ignoresChildren: true });
    const dropped = stage.kernel.fork(ignorer);
    const sibling = stage.kernel.fork(ROOT);
    stage.pass();
    stage.kernel.spend(dropped, 400);
    stage.pass();
    stage.kernel.end(dropped);
    stage.kernel.spend(sibling, 30);
    stage.kernel.end(sibling);
    stage.kernel.wait(ROOT);
    expect(stage.pass()).toBe(430);
  });

  it('takes a pid that is another process by now for another process', () => {
    const processOf = (start: number, ownMs: number) => ({
      ...{ pid: 7, parent: 1, session: 7, start, ownMs, waitedMs: 0, threads: 1, isZombie: false },
    });
    const tableOf = (begunAt: number, start: number, ownMs: number) => ({
      begunAt,
      processes: new Map([[7, processOf(start, ownMs)]]),
      endedMeanwhile: new Set<number>(),
    });
    const first = countCpu(null, tableOf(100, 50, 9000));
    expect(countCpu(first.ledger, tableOf(200, 150, 40)).spent.get(7)).toBe(40);
    // Older than the pass before, and not seen by it: hidden then, not born since.
    expect(countCpu(first.ledger, tableOf(200, 60, 8000)).spent.get(7)).toBe(0);
  });
});
