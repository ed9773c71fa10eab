import { describe, expect, it } from '@jest/globals';
import { acceptsGzip, chooseFormat } from '../../../src/metrics/text/accept.ts';
import { OPENMETRICS, TEXT } from '../../../src/metrics/text/exposition-format.ts';

describe('The format for an Accept header', () => {
  it.each([
    [
      'Prometheus 2',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    ],
    [
      'Prometheus 3',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    ],
    [
      'Prometheus 3 with native histograms',
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    ],
    ['one that names no version', 'application/openmetrics-text'],
    [
      'one that quotes the version, in capitals',
      'Application/OpenMetrics-Text; Version="1.0.0"; Q=0.9, text/plain;q=0.5',
    ],
    ['one that likes both the same and names it first', 'application/openmetrics-text, text/plain'],
  ])('is OpenMetrics for %s', (_, accept) => {
    expect(chooseFormat(accept)).toBe(OPENMETRICS);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['curl', '*/*'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['a version that is not served', 'application/openmetrics-text;version=0.0.1'],
    ['a version to come', 'application/openmetrics-text;version=2.0.0,*/*;q=0.1'],
    ['one that refuses OpenMetrics', 'application/openmetrics-text;q=0, */*'],
    ['one that prefers text', 'application/openmetrics-text;q=0.4,text/plain;q=0.5'],
    ['one that prefers text of any kind', 'application/openmetrics-text;q=0.4,text/*;q=0.5'],
    ['one that likes both the same and names text first', 'text/plain, application/openmetrics-text'],
    ['one that wants JSON', 'application/json'],
    ['rubbish', ';;,=,q=q;q=;,"'],
  ])('is text for %s', (_, accept) => {
    expect(chooseFormat(accept)).toBe(TEXT);
  });
});

describe('gzip for an Accept-Encoding header', () => {
  it.each([
    'gzip',
    'gzip, deflate, br',
    'GZIP;q=0.5',
    'x-gzip',
    '*',
    'br;q=1, *;q=0.1',
    'identity;q=0, gzip',
    'gzip;q=x',
  ])('is wanted by %j', (header) => {
    expect(acceptsGzip(header)).toBe(true);
  });

  it.each([undefined, '', 'identity', 'br', 'gzip;q=0', 'gzip;q=0, *', '*;q=0', 'gzip;q=0.5, identity', 'gzipped'])(
    'is not wanted by %j',
    (header) => {
      expect(acceptsGzip(header)).toBe(false);
    },
  );
});
