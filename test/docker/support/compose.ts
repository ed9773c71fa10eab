import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { DCLinter } from 'dclint';

/** The folder of everything about Docker. */
export const DOCKER = fileURLToPath(new URL('../../../docker', import.meta.url));

/** What each service of a compose file is held to. */
export const HARDENED = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  cpus: expect.any(Number),
  mem_limit: expect.any(String),
  pids_limit: expect.any(Number),
  logging: { options: { 'max-size': '10m', 'max-file': '3' } },
};

/** What dclint, with our rules, finds in a compose file. */
export function lint(file: string): unknown[] {
  const config = JSON.parse(readFileSync(join(DOCKER, 'dclint.json'), 'utf8')) as { rules: Record<string, 0> };
  const linter = new DCLinter({ ...config, quiet: false, debug: false, exclude: [] });
  const results: { messages: unknown[] }[] = linter.lintFiles([file], false);
  if (results.length !== 1) throw new Error(`expected the result of one file, found ${results.length}`);
  return results.flatMap(({ messages }) => messages);
}
