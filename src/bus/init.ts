import { JetStreamApiError, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { BusAccess } from './connection/credentials.ts';
import { connectionOptions } from './connection/nats-connection.ts';
import { STREAM_NOT_FOUND } from './connection/stream-answer.ts';
import { versionProblem } from './connection/version.ts';
import { differences } from './stream/differences.ts';
import { type StreamWishes, wantedStreams } from './stream/streams.ts';

/** What became of each stream: a line for a person. */
export interface InitReport {
  readonly lines: readonly string[];
  /** Whether both streams are as they must be. */
  readonly isComplete: boolean;
}

/** Makes the streams that are missing, and compares those that are there. It never changes one. Rejects if the bus cannot be reached, or refuses. */
export async function initStreams(access: BusAccess, wishes: StreamWishes): Promise<InitReport> {
  const connection = await connect({ ...connectionOptions(access), reconnect: false });
  try {
    const problem = versionProblem(connection.info?.version ?? '');
    if (problem !== null) return { lines: [problem], isComplete: false };
    const { streams } = await jetstreamManager(connection);
    const lines: string[] = [];
    let isComplete = true;
    for (const wanted of wantedStreams(wishes)) {
      const found = await streams.info(wanted.name).catch((error: unknown) => {
        if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return null;
        throw error;
      });
      if (found === null) {
        await streams.add({ ...(wanted.settings as Partial<StreamConfig>), name: wanted.name });
        lines.push(`${wanted.name}: made`);
        continue;
      }
      const wrong = differences(wanted, { ...found.config });
      const texts = wrong === null ? ['is as expected'] : [...wrong.texts, wrong.cure];
      lines.push(...texts.map((text) => `${wanted.name}: ${text}`));
      isComplete &&= wrong === null;
    }
    return { lines, isComplete };
  } finally {
    await connection.close();
  }
}
