import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { expositionOf, type FormatName, scrapeBody, steadySelfMetrics } from '../support/judges/expositions.ts';
import { goldenText } from '../support/judges/golden.ts';
import { NOW } from '../support/sample/sample.ts';
import { variedView } from './support/varied-view.ts';

// `UPDATE_GOLDEN=1 npm test -- test/metrics/golden` writes the golden files anew.
describe('An exposition', () => {
  it.each<[FormatName, string]>([
    ['text', 'exposition.txt'],
    ['openmetrics', 'exposition.openmetrics.txt'],
  ])('is, byte for byte, the golden one in %s', async (format, file) => {
    const self = steadySelfMetrics();
    self.polls.ended({ durationMs: 12.5, endedAt: NOW, intervalMs: 5000 });
    self.config.loaded(NOW);
    self.tmux.ran('display-message', true);
    self.pollFailures.failed('hung', 'timeout');
    const body = await scrapeBody(expositionOf(variedView, self), format);
    expect(body.toString()).toBe(goldenText(join(import.meta.dirname, 'golden', file), body.toString()));
  });
});
