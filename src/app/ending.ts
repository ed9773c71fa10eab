import type { Log } from './announcer.ts';

/** Ends one part of the daemon. An error is logged, so that it does not prevent the other parts from ending. */
export type EndPart = (part: string, stop: () => Promise<void>) => Promise<void>;

/** Creates the function that ends parts. */
export function endingWith(log: Log): EndPart {
  return async (part, stop) => {
    try {
      await stop();
    } catch (error) {
      log.error({ err: error }, `the ${part} did not end cleanly, because of a bug in the exporter`);
    }
  };
}
