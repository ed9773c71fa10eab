import { describe, expect, it } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { collectMetrics, linesOfMetric } from '../../../src/metrics/self/collect.ts';
import { type Format, OPENMETRICS, TEXT } from '../../../src/metrics/text/exposition-format.ts';
import { Lines } from '../../../src/metrics/text/sample.ts';
import { hasPythonParsers, parseExpositions } from '../../support/judges/exposition-judges.ts';

async function renderHistogram(format: Format): Promise<string> {
  const registry = new Registry();
  const histogram = new Histogram({
    name: 'detection_seconds',
    help: 'From death to notice.',
    labelNames: ['reason'],
    buckets: [0.05, 1, 10],
    registers: [registry],
  });
  histogram.observe({ reason: 'lost' }, 0.01);
  histogram.observe({ reason: 'lost' }, 3);
  const [metric] = await collectMetrics(registry, { timeoutMs: 1000, onError: () => {} });
  if (!metric) throw new Error('expected one metric');
  return format.head(metric) + linesOfMetric(metric, format).text + format.end;
}

describe('A histogram', () => {
  it('has in text the bounds as they were given', async () => {
    expect(await renderHistogram(TEXT)).toBe(
      [
        '# HELP detection_seconds From death to notice.',
        '# TYPE detection_seconds histogram',
        'detection_seconds_bucket{le="0.05",reason="lost"} 1',
        'detection_seconds_bucket{le="1",reason="lost"} 1',
        'detection_seconds_bucket{le="10",reason="lost"} 2',
        'detection_seconds_bucket{le="+Inf",reason="lost"} 2',
        'detection_seconds_sum{reason="lost"} 3.01',
        'detection_seconds_count{reason="lost"} 2',
        '',
      ].join('\n'),
    );
  });

  it('has in OpenMetrics bounds in canonical form', async () => {
    const text = await renderHistogram(OPENMETRICS);
    expect([...text.matchAll(/le="([^"]*)"/g)].map(([, bound]) => bound)).toEqual(['0.05', '1.0', '10.0', '+Inf']);
  });

  (hasPythonParsers ? it : it.skip)('passes the strict parser of OpenMetrics', async () => {
    const body = Buffer.from(await renderHistogram(OPENMETRICS));
    const [families] = parseExpositions([{ format: 'openmetrics', body }]);
    expect(families).toMatchObject([{ name: 'detection_seconds', type: 'histogram', unit: 'seconds' }]);
  });
});

describe('A label of prom-client', () => {
  it('is left out if it has no value', () => {
    const values = [{ labels: { a: undefined, b: 'c' }, value: 1 }];
    expect(linesOfMetric({ name: 'x', type: 'gauge', help: 'X.', values }, TEXT).text).toBe('x{b="c"} 1\n');
  });
});

describe('The head of a family', () => {
  const help = 'A "quoted" back\\slash\nand a line.';

  it('escapes in text a backslash and a newline', () => {
    expect(TEXT.head({ name: 'x', type: 'gauge', help })).toBe(
      '# HELP x A "quoted" back\\\\slash\\nand a line.\n# TYPE x gauge\n',
    );
  });

  it('escapes in OpenMetrics a quote too', () => {
    expect(OPENMETRICS.head({ name: 'x', type: 'gauge', help })).toBe(
      '# HELP x A \\"quoted\\" back\\\\slash\\nand a line.\n# TYPE x gauge\n',
    );
  });

  it('names in OpenMetrics a counter without _total, with its unit', () => {
    expect(OPENMETRICS.head({ name: 'cpu_seconds_total', type: 'counter', help: 'CPU.' })).toBe(
      '# HELP cpu_seconds CPU.\n# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\n',
    );
  });

  it('calls an info a gauge in text, which knows no infos', () => {
    expect(TEXT.head({ name: 'build_info', type: 'info', help: 'B.' })).toBe(
      '# HELP build_info B.\n# TYPE build_info gauge\n',
    );
  });
});

describe('A sample', () => {
  it.each([
    [0, 'x 0\n'],
    [-0, 'x 0\n'],
    [1700000000.123, 'x 1700000000.123\n'],
    [1e21, 'x 1e+21\n'],
    [Number.POSITIVE_INFINITY, 'x +Inf\n'],
    [Number.NEGATIVE_INFINITY, 'x -Inf\n'],
    [Number.NaN, ''],
  ])('of %d is the line %j', (value, line) => {
    const lines = new Lines();
    lines.add('x', '', value);
    expect(lines.text).toBe(line);
    expect(lines.series).toBe(line === '' ? 0 : 1);
  });
});
