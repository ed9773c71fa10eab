import { gunzipSync } from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import { Gauge } from 'prom-client';
import { createExposition } from '../../src/metrics/exposition.ts';
import { WHOLE_EXPOSURE } from '../support/daemon/exposure.ts';
import { sampleSelfMetrics } from '../support/daemon/self-metrics.ts';
import { ACCEPT, expositionOf, scrapeBody, steadySelfMetrics } from '../support/judges/expositions.ts';
import { crowdedView, viewOf } from '../support/sample/fleet.ts';
import { upRecord } from '../support/sample/sample.ts';

const VIEW = crowdedView(2, 3);

const PLAIN = { accept: undefined, acceptEncoding: undefined };

describe('A scrape', () => {
  it('says what it is, how long it is and what it depends on', async () => {
    const { headers, chunks } = await expositionOf(() => viewOf([upRecord()])).scrape(PLAIN);
    expect(headers).toEqual({
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
      'Content-Length': String(Buffer.concat(chunks).length),
      Vary: 'Accept, Accept-Encoding',
    });
  });

  it('is compressed for clients that accept it, and has the same content', async () => {
    const exposition = expositionOf(() => viewOf([upRecord()]), steadySelfMetrics());
    const { headers, chunks } = await exposition.scrape({ accept: ACCEPT.openmetrics, acceptEncoding: 'gzip' });
    expect(headers).toEqual({
      'Content-Type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'Content-Length': String(Buffer.concat(chunks).length),
      'Content-Encoding': 'gzip',
      Vary: 'Accept, Accept-Encoding',
    });
    expect(gunzipSync(Buffer.concat(chunks))).toEqual(await scrapeBody(exposition, 'openmetrics'));
  });

  it('shares what the view is rendered to with all other scrapes', async () => {
    const exposition = expositionOf(() => VIEW);
    const scrapes = await Promise.all(Array.from({ length: 20 }, () => exposition.scrape(PLAIN)));
    expect(new Set(scrapes.map(({ chunks }) => chunks[0])).size).toBe(1);
    const compressed = await Promise.all(
      Array.from({ length: 20 }, () => exposition.scrape({ ...PLAIN, acceptEncoding: 'gzip' })),
    );
    expect(new Set(compressed.map(({ chunks }) => chunks[0])).size).toBe(1);
  });

  it('shows our own counters as they are now, though the view is the same', async () => {
    const self = sampleSelfMetrics();
    const exposition = expositionOf(() => VIEW, self);
    await exposition.scrape(PLAIN);
    self.polls.skipped();
    expect((await scrapeBody(exposition, 'text')).toString()).toContain('tmux_exporter_polls_skipped_total 1\n');
  });

  it('ends in OpenMetrics with # EOF, and in text with a sample', async () => {
    const exposition = expositionOf(() => VIEW);
    expect((await scrapeBody(exposition, 'openmetrics')).toString()).toMatch(/\ntmux_exporter_series \d+\n# EOF\n$/);
    expect((await scrapeBody(exposition, 'text')).toString()).toMatch(/\ntmux_exporter_series \d+\n$/);
  });

  it.each(['text', 'openmetrics'] as const)('names each family once in %s', async (format) => {
    const text = (
      await scrapeBody(
        expositionOf(() => VIEW),
        format,
      )
    ).toString();
    const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(families.length).toBeGreaterThan(30);
    expect(new Set(families).size).toBe(families.length);
  });

  it('leaves out a metric that throws and one that hangs, and says so', async () => {
    const self = sampleSelfMetrics();
    const broken = (name: string, collect: () => void | Promise<void>) =>
      new Gauge({ name, help: 'It is broken.', registers: [self.registry], collect });
    broken('broken_throws', () => {
      throw new Error('boom');
    });
    broken('broken_rejects', () => Promise.reject(new Error('bang')));
    broken('broken_hangs', () => new Promise(() => {}));
    const onError = jest.fn<(error: Error) => void>();
    const exposition = createExposition({
      view: () => VIEW,
      self,
      exposure: () => WHOLE_EXPOSURE,
      onError,
      collectTimeoutMs: 20,
    });
    const body = (await scrapeBody(exposition, 'text')).toString();
    expect(body).not.toContain('broken');
    expect(body).toContain('tmux_exporter_polls_total 0\n');
    expect(body).toContain('tmux_server_up{server="server-0"} 1\n');
    expect(onError.mock.calls.map(([{ message, cause }]) => `${message}: ${cause}`)).toEqual([
      'the metric broken_throws is left out of a scrape: Error: boom',
      'the metric broken_rejects is left out of a scrape: Error: bang',
      'the metric broken_hangs is left out of a scrape: Error: no answer within 20 ms',
    ]);
  });
});
