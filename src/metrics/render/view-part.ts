import type { FleetView } from '../../core/record/view.ts';
import type { Exposure } from '../families/exposure.ts';
import type { PollFailures } from '../families/poll-failures.ts';
import type { Format } from '../text/exposition-format.ts';
import { type GzipHead, gzipHead } from '../text/gzip.ts';
import { runInSlices } from '../text/slices.ts';
import { type Block, type Encoded, joinBlocks } from './block.ts';
import { Contributions } from './contribution.ts';

/** The part of an exposition that stays the same until a server changes. */
export interface ViewPart extends Encoded {
  /** The same bytes as the beginning of a gzip member; compressed on first use. */
  gzipped(): Promise<GzipHead>;
}

/** The rendered blocks and parts of one view. */
interface Rendering {
  readonly view: FleetView;
  readonly revision: number;
  readonly exposure: Exposure;
  readonly budget: number;
  readonly blocks: Promise<readonly Block[]>;
  readonly parts: Map<Format, Promise<ViewPart>>;
}

/** Renders the present view once for all scrapes: at most once per format, compressed at most once. Of a new view, only what has changed is rendered. */
export class ViewParts {
  readonly #view: () => FleetView;
  readonly #failures: PollFailures;
  readonly #exposure: () => Exposure;
  readonly #contributions = new Contributions();
  #latest: Rendering | null = null;

  constructor(view: () => FleetView, failures: PollFailures, exposure: () => Exposure) {
    this.#view = view;
    this.#failures = failures;
    this.#exposure = exposure;
  }

  /** Number of servers rendered so far; a server counts again after each change. */
  get renderedServers(): number {
    return this.#contributions.rendered;
  }

  /** The part for the present view. `others` is the number of series that are exposed besides it, for the limit. */
  in(format: Format, others = 0): Promise<ViewPart> {
    const { blocks, parts } = this.#rendering(others);
    const known = parts.get(format);
    if (known) return known;
    const part = renderPart(format, blocks);
    parts.set(format, part);
    return part;
  }

  #rendering(others: number): Rendering {
    const view = this.#view();
    if (view !== this.#latest?.view) this.#failures.keepOnly(view);
    const exposure = this.#exposure();
    const budget = exposure.limits.series - others;
    const key = { view, revision: this.#failures.revision, exposure, budget };
    if (!this.#latest || !isSame(this.#latest, key)) {
      const blocks = runInSlices(this.#contributions.blocksOf({ ...key, failures: this.#failures }));
      this.#latest = { ...key, blocks, parts: new Map() };
    }
    return this.#latest;
  }
}

type RenderingKey = Pick<Rendering, 'view' | 'revision' | 'exposure' | 'budget'>;

function isSame(a: RenderingKey, b: RenderingKey): boolean {
  return a.view === b.view && a.revision === b.revision && a.exposure === b.exposure && a.budget === b.budget;
}

async function renderPart(format: Format, blocks: Promise<readonly Block[]>): Promise<ViewPart> {
  const piece = await runInSlices(joinBlocks(format, await blocks));
  let gzipped: Promise<GzipHead> | null = null;
  return {
    ...piece,
    gzipped: () => {
      gzipped ??= gzipHead(piece.bytes);
      return gzipped;
    },
  };
}
