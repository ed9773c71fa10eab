import { describe, expect, it } from '@jest/globals';
import { ContainmentReader } from '../../src/proc/containment.ts';
import { HazardWatch } from '../../src/proc/hazard-watch.ts';
import type { HazardSearch } from '../../src/proc/hazards.ts';
import { Subject } from '../support/sample/registry-model.ts';
import { answered, sampleSnapshot } from '../support/sample/sample.ts';

describe('A scan for hazards', () => {
  it('continues with the other servers if that of one fails', async () => {
    const { registry } = new Subject();
    for (const [pid, name] of ['a', 'b'].entries()) {
      registry.register({ name, socket: `/nowhere/${name}`, registration: 'static' });
      const snapshot = sampleSnapshot({ incarnation: { pid: 2 ** 30 + pid, startedAt: 1_000 } });
      registry.apply(name, registry.get(name)?.generation ?? 0, answered(snapshot));
    }
    let reads = 0;
    const search: HazardSearch = {
      run: () => Promise.resolve({ code: 1, stdout: '', stderr: '' }),
      ownUid: 1000,
      binary: 'tmux',
      get path(): string {
        if (reads++ === 0) throw new Error('a bug');
        return '/nowhere';
      },
      reader: new ContainmentReader(() => 0, '/nowhere'),
      root: '/nowhere',
    };
    const errors: unknown[] = [];
    await new HazardWatch(
      registry,
      search,
      () => 0,
      (error) => errors.push(error),
    ).scan();

    expect(errors).toEqual([new Error('a bug')]);
    expect(registry.get('a')?.hazards).toBeNull();
    expect(registry.get('b')?.hazards).not.toBeNull();
  });
});
