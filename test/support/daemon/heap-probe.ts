import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Loaded into a daemon before it starts: at each SIGUSR2 it collects garbage and writes how many bytes are left in use to `HEAP_FILE`. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(process.env['HEAP_FILE'] ?? '', `${heapUsed + external}\n`);
});
