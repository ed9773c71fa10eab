import { describe, expect, it } from '@jest/globals';
import { storm } from '../support/chaos/storm.ts';
import { SEED } from '../support/sample/seed.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 120);

describe('Servers and a daemon to which everything happens at once', () => {
  it(
    `are told of truly: each death once, with its reason, and nothing is left behind (FUZZ_SEED=${SEED})`,
    async () => {
      const report = await storm({ seed: SEED, seconds: SECONDS, servers: 20 });

      expect(report.problems).toEqual([]);
      expect(report.certain).toBeGreaterThan(SECONDS / 4);
    },
    (SECONDS + 300) * 1000,
  );
});
