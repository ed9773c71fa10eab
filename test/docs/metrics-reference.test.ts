import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentedFamily, documentedFamilies, metricsReference } from './support/metrics-reference.ts';

const EXPOSITION = readFileSync(new URL('../metrics/golden/exposition.txt', import.meta.url), 'utf8');

describe('The reference of the metrics', () => {
  let families: ReadonlyMap<string, DocumentedFamily>;

  beforeAll(async () => {
    families = new Map((await documentedFamilies()).map((family) => [family.name, family]));
  });

  it('names every family of an exposition', () => {
    const exposed = [...EXPOSITION.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(exposed.length).toBeGreaterThan(50);
    expect(exposed.filter((name = '') => !families.has(name))).toEqual([]);
  });

  it('names the labels of every sample, and the values that they can have', () => {
    const samples = [...EXPOSITION.matchAll(/^([a-z_]+)\{(.*)\} \S+$/gm)];
    expect(samples.length).toBeGreaterThan(100);
    for (const [, name = '', text = ''] of samples) {
      const family = families.get(name) ?? families.get(name.replace(/_bucket$/, ''));
      const labels = [...text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].filter(([, label]) => label !== 'le');
      expect({ name, labels: labels.map(([, label]) => label) }).toEqual({ name, labels: family?.labels });
      for (const [, label = '', value = ''] of labels) expect(family?.values[label] ?? [value]).toContain(value);
    }
  });

  it('says of every switch what it is by default', async () => {
    const text = await metricsReference();
    expect(text).toContain('## Sessions\n\nOn by default. `--no-collector.session` turns them off.\n');
    expect(text).toContain('## Processes of a pane\n\nOff by default. `--collector.pane-process` turns them on.\n');
  });

  it('lists only labels that their family has', () => {
    const unknown = [...families.values()].filter(({ labels, values }) => {
      return Object.keys(values).some((label) => !labels.includes(label));
    });
    expect(unknown).toEqual([]);
  });
});
