import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { configExample } from '../../../src/config/file/example.ts';
import { type LoadResult, loadConfig } from '../../../src/config/file/load.ts';
import { EACH } from '../../../src/config/leaf.ts';
import { FILE_LEAVES, LEAVES } from '../../../src/config/schema.ts';

const COMMITTED = readFileSync(new URL('../../../docs/config.example.yml', import.meta.url), 'utf8');

function load(text: string): LoadResult {
  return loadConfig({ flags: { 'config.file': 'example.yml' }, env: {}, readFile: () => text });
}

/** Removes the # of each line that is an option; an explanation begins with # and a space. */
function uncomment(text: string): string {
  return text.replace(/^( *)#(?=\S| {2})/gm, '$1');
}

/** The paths of all options in a file; {@link EACH} replaces the index of a list. */
function pathsOf(value: unknown, path: readonly string[] = []): string[] {
  return [path.join('.'), ...childrenOf(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function childrenOf(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item): [string, unknown] => [EACH, item]);
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

describe('The example of a configuration file', () => {
  it('is up to date: npm run reference writes it', () => {
    expect(COMMITTED).toBe(configExample());
  });

  it('changes nothing while its options are commented out', () => {
    expect(load(COMMITTED)).toEqual({ ...load(''), file: 'example.yml' });
  });

  it('is valid with every option uncommented, the rarer ones of receivers too', () => {
    const once = uncomment(COMMITTED);
    expect(load(once)).toMatchObject({ kind: 'loaded', config: { webhooks: [{ name: 'oncall' }] } });
    const paths = pathsOf(parse(uncomment(once)));
    const wanted = [...LEAVES, ...FILE_LEAVES].map((leaf) => leaf.path.join('.'));
    expect(wanted.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('shows the defaults, except for options with an example', () => {
    const values = parse(uncomment(COMMITTED)) as { poll: object; web: object };
    expect(values.poll).toMatchObject({ schedule: '*/5 * * * * *', timeout: '2s', concurrency: 8 });
    expect(values.web).toMatchObject({ listen_address: '127.0.0.1:8689', allowed_hosts: ['tmux.example.org'] });
  });
});
