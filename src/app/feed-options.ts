import type { Config } from '../config/schema.ts';
import type { FeedOptions } from '../feed/options.ts';

/** The limits and times of the feed that a configuration gives. */
export function feedOptionsOf({ maxClients, ...others }: Config['feed']): Partial<FeedOptions> {
  return maxClients === null ? others : { ...others, maxClients };
}
