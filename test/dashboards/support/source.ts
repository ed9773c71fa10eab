import type { TimeRange } from './interpolation.ts';

/** A series of an answer, with its points: one for an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds, and the value. */
  readonly points: readonly (readonly [time: number, value: number])[];
}

type Point = [time: number, value: string];

/** A Prometheus as Grafana asks it. */
export class Source {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The values at one moment, Unix milliseconds. */
  async instant(query: string, at: number): Promise<Series[]> {
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; value: Point }[] }>('query', {
      query,
      time: String(at / 1000),
    });
    return result.map(({ metric, value }) => seriesOf(metric, [value]));
  }

  /** The values over a time. */
  async range(query: string, { from, to }: TimeRange, stepMs: number): Promise<Series[]> {
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; values: Point[] }[] }>(
      'query_range',
      { query, start: String(from / 1000), end: String(to / 1000), step: String(stepMs / 1000) },
    );
    return result.map(({ metric, values }) => seriesOf(metric, values));
  }

  /** The values of a label in the series that were there in a time. */
  async labelValues(label: string, selector: string, { from, to }: TimeRange): Promise<string[]> {
    return this.#ask<string[]>(
      `label/${label}/values`,
      { 'match[]': selector, start: String(from / 1000), end: String(to / 1000) },
      'GET',
    );
  }

  async #ask<T>(path: string, parameters: Record<string, string>, method = 'POST'): Promise<T> {
    const form = new URLSearchParams(parameters);
    const url = `${this.#url}/api/v1/${path}`;
    const response = await (method === 'GET' ? fetch(`${url}?${form}`) : fetch(url, { method, body: form }));
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${answer.error} in ${parameters['query'] ?? path}`);
    return answer.data;
  }
}

function seriesOf(labels: Record<string, string>, points: readonly Point[]): Series {
  return { labels, points: points.map(([time, value]) => [time, Number(value)] as const) };
}
