import type { FleetView } from '../core/record/view.ts';
import type { Exposure } from './families/exposure.ts';
import { cacheFor } from './render/cache.ts';
import { type ViewPart, ViewParts } from './render/view-part.ts';
import { type CollectedMetric, collectMetrics, linesOfMetric } from './self/collect.ts';
import type { SelfMetrics } from './self/self-metrics.ts';
import { acceptsGzip, chooseFormat } from './text/accept.ts';
import type { FamilyHead, Format } from './text/exposition-format.ts';
import { gzipTail } from './text/gzip.ts';

/** The view, metrics and limits that an exposition is made from. */
export interface ExpositionOptions {
  /** The present view; the same object until something in it changes. */
  readonly view: () => FleetView;
  readonly self: Pick<SelfMetrics, 'registry' | 'processRegistry' | 'pollFailures'>;
  /** What is exposed; the same object until the configuration changes. */
  readonly exposure: () => Exposure;
  /** Whether `process_*` and the event loop lag of the exporter itself are exposed. Default: true. */
  readonly ownProcess?: boolean;
  /** Called for each metric that had to be left out. */
  readonly onError: (error: Error) => void;
  /** Longest wait for a metric, in milliseconds. Default: 1000. */
  readonly collectTimeoutMs?: number;
}

/** The headers of a scrape that choose its format and compression. */
export interface ScrapeRequest {
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** A rendered scrape: all its headers, and its body in pieces. */
export interface Scrape {
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Buffer[];
}

/** Answers scrapes. None of them waits for tmux. */
export interface Exposition {
  scrape(request: ScrapeRequest): Promise<Scrape>;
}

const COLLECT_TIMEOUT_MS = 1000;

/** Scrapes within this time share one reading of the process metrics, and so show the same event loop lag. In milliseconds. */
const PROCESS_READ_MS = 1000;

/** Step in which series are reserved for the exporter's own metrics. */
const RESERVED_AT_ONCE = 100;

/** The family whose one sample is the size of the exposition. */
export const SERIES: FamilyHead = { name: 'tmux_exporter_series', type: 'gauge', help: 'Series in this exposition.' };

/** Creates the exposition of the servers and of the exporter itself. The part that stays the same between scrapes comes first and is cached, compressed too. The exporter's own metrics follow. */
export function createExposition({
  view,
  self,
  exposure,
  ownProcess = true,
  onError,
  collectTimeoutMs,
}: ExpositionOptions): Exposition {
  const viewParts = new ViewParts(view, self.pollFailures, exposure);
  const collecting = { timeoutMs: collectTimeoutMs ?? COLLECT_TIMEOUT_MS, onError };
  const ownMetrics = () => collectMetrics(self.registry, collecting);
  const processMetrics = ownProcess
    ? cacheFor(PROCESS_READ_MS, () => collectMetrics(self.processRegistry, collecting))
    : async () => [];
  return {
    scrape: async ({ accept, acceptEncoding }) => {
      const format = chooseFormat(accept);
      const own = renderMetrics(format, (await Promise.all([ownMetrics(), processMetrics()])).flat());
      const part = await viewParts.in(format, reserved(own.series));
      const tail = Buffer.from(own.text + lastLines(format, part.series + own.series + 1));
      return acceptsGzip(acceptEncoding)
        ? respond(format, await gzippedChunks(part, tail), { 'Content-Encoding': 'gzip' })
        : respond(format, [part.bytes, tail], {});
    },
  };
}

/** The series reserved for the exporter's own metrics, rounded up, so that one more or less does not change the limit of the servers. */
function reserved(ownSeries: number): number {
  return Math.ceil((ownSeries + 1) / RESERVED_AT_ONCE) * RESERVED_AT_ONCE;
}

interface RenderedMetrics {
  readonly text: string;
  readonly series: number;
}

function renderMetrics(format: Format, metrics: readonly CollectedMetric[]): RenderedMetrics {
  let text = '';
  let series = 0;
  for (const metric of metrics) {
    const lines = linesOfMetric(metric, format);
    if (lines.series === 0) continue;
    text += format.head(metric) + lines.text;
    series += lines.series;
  }
  return { text, series };
}

function lastLines(format: Format, series: number): string {
  return `${format.head(SERIES)}${SERIES.name} ${series}\n${format.end}`;
}

async function gzippedChunks(part: ViewPart, tail: Buffer): Promise<Buffer[]> {
  const head = await part.gzipped();
  return [head.bytes, await gzipTail(head, tail)];
}

function respond({ contentType }: Format, chunks: readonly Buffer[], encoding: Record<string, string>): Scrape {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const headers = { 'Content-Type': contentType, 'Content-Length': String(length), Vary: 'Accept, Accept-Encoding' };
  return { headers: { ...headers, ...encoding }, chunks };
}
