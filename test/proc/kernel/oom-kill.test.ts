import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgeCause } from '../../../src/core/death/cause.ts';
import type { Containment } from '../../../src/core/model/containment.ts';
import type { GoneReason } from '../../../src/core/model/server.ts';
import { ContainmentReader } from '../../../src/proc/containment.ts';
import { investigate } from '../../../src/proc/investigation.ts';
import { readKmsg } from '../../../src/proc/kernel/kmsg.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { TestMemoryCgroup } from '../../support/machine/memory-cgroup.ts';
import { isRunning } from '../../support/machine/process-life.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const trial = TestMemoryCgroup.create();
await trial?.remove();
// Needs root, a memory controller and a machine that does not panic when out of memory.
const describeWithCgroup = trial ? describe : describe.skip;
const canReadKmsg = trial !== null && (await readKmsg('/dev/kmsg')) !== null;
const itWithKernelLog = canReadKmsg ? it : it.skip;

/** Reads a line without an end into memory, and is as likely a victim as its adjustment says. */
function eaterWith(adjustment: number): string {
  return `echo ${adjustment} > /proc/self/oom_score_adj; exec tail /dev/zero`;
}

function adjust(pid: number, adjustment: number): void {
  writeFileSync(`/proc/${pid}/oom_score_adj`, String(adjustment));
}

describeWithCgroup('a real OOM kill in a memory cgroup', () => {
  const reader = new ContainmentReader(Date.now);
  let cgroup: TestMemoryCgroup;
  let server: TmuxServer;

  beforeEach(async () => {
    server = await TmuxServer.start();
    const made = TestMemoryCgroup.create();
    if (!made) throw new Error('expected a second memory cgroup where there was a first');
    cgroup = made;
    cgroup.add(server.pid);
  });

  afterEach(async () => {
    await server.cleanup();
    await cgroup.remove();
  });

  function look(): Containment {
    const containment = reader.read(server.pid);
    if (!containment) throw new Error('expected to see where the server lives');
    return containment;
  }

  /** `logs` is the folder of the kernel log: none, unless it is ''. */
  async function judge(before: Containment, reason: GoneReason, logs: '' | '/nonexistent') {
    const evidence = await investigate(
      before,
      { pid: server.pid, reason },
      {
        reader,
        run: () => Promise.reject(new Error('expected no command without systemd')),
        ownUid: 0,
        now: Date.now,
        monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
        delay: () => Promise.resolve(),
        root: logs,
      },
    );
    return judgeCause(evidence);
  }

  async function killServer(): Promise<Containment> {
    adjust(server.pid, 1000);
    const before = look();
    await server.run('new-window', '-d', eaterWith(0)).catch(() => 'the server can be killed before it answers');
    await server.ended();
    return before;
  }

  async function killChild(): Promise<Containment> {
    const before = look();
    await server.run('new-window', '-d', eaterWith(1000));
    await eventually('an OOM kill', () => cgroup.kills > 0);
    return before;
  }

  itWithKernelLog('is the cause of the death of the server that the kernel names', async () => {
    const before = await killServer();

    const { cause, evidence, facts } = await judge(before, 'crashed', '');

    expect([cause, facts.kernel_log]).toEqual(['oom_kernel', 'names_it']);
    expect(evidence).toMatch(
      // Of many OOM kills in a few seconds the kernel does not name each one's cgroup.
      /^The kernel log says that the OOM killer killed process \d+ \(tmux: server\) because the memory limit of (?:\/tmux-exporter-test-[\d-]+|its cgroup) was reached\.$/,
    );
  });

  it('is the cause of a crash if only the count of its cgroup shows it', async () => {
    const before = await killServer();

    const { cause, evidence, facts } = await judge(before, 'crashed', '/nonexistent');

    expect([cause, facts.kernel_log]).toEqual(['oom_kernel', 'unreadable']);
    expect(facts.oom_kills).toBeGreaterThanOrEqual(1);
    expect(evidence).toMatch(/of its cgroup \/tmux-exporter-test-/);
  });

  it('of a child leaves the server alive, and is no cause of its orderly end', async () => {
    const before = await killChild();
    expect(isRunning(server.life)).toBe(true);

    await server.run('kill-server').catch(() => 'the client can lose its server before it is told');
    await server.ended();

    const { cause, facts } = await judge(before, 'exited', '/nonexistent');
    expect([cause, facts.oom_kills]).toEqual(['unknown', 1]);
  });

  itWithKernelLog('of a child is no cause of a kill by hand, since the kernel names the child alone', async () => {
    const before = await killChild();

    await server.crash();

    const { cause, facts } = await judge(before, 'crashed', '');
    expect([cause, facts.kernel_log, facts.oom_kills]).toEqual(['unknown', 'names_others', 1]);
  });
});
