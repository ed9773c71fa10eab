import fc from 'fast-check';
import { seededRandom } from '../sample/random.ts';
import { runs, SEED } from '../sample/seed.ts';

// A test says the same each time: what it chooses at random begins at the same seed in each file.
fc.configureGlobal({ seed: SEED, numRuns: runs(100), baseSize: 'medium' });
Math.random = seededRandom(SEED);
