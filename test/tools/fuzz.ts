import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LONGEST_TEST_MS = 3_600_000;

/** What begins at the seed: properties, and the tests that choose by it themselves. */
const CHOOSES_AT_RANDOM = /\bfc\.(assert|sample)\(|\bSEED\b/;

// Runs every test that chooses something at random with a new seed, and ten times the runs of `npm test`. FUZZ_SEED and
// FUZZ_RUNS (how many times as many) set both; arguments choose the files, as in `npm test -- test/core`.
const seed = process.env['FUZZ_SEED'] ?? `${Math.floor(Math.random() * 2 ** 31)}`;
const times = process.env['FUZZ_RUNS'] ?? '10';
const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: ROOT })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .filter((file) => CHOOSES_AT_RANDOM.test(readFileSync(`${ROOT}/${file}`, 'utf8')))
  .sort();
if (files.length === 0) {
  process.stderr.write('no such test chooses anything at random\n');
  process.exit(2);
}

process.stdout.write(`FUZZ_SEED=${seed} FUZZ_RUNS=${times}\n`);
const { status } = spawnSync('npm', ['test', '--', `--testTimeout=${LONGEST_TEST_MS}`, '--runTestsByPath', ...files], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SEED: seed, FUZZ_RUNS: times },
});
if (status !== 0)
  process.stdout.write(`to repeat: FUZZ_SEED=${seed} FUZZ_RUNS=${times} npm run fuzz -- ${wanted.join(' ')}\n`);
process.exit(status ?? 1);
