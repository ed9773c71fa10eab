import { ackRows } from './fleet/acks.ts';
import { exporterRows } from './fleet/exporter-cost.ts';
import { readingRows } from './fleet/reading.ts';
import type { Row } from './row.ts';

/** What a fleet costs: acknowledgements, the start of exporters and hubs. It needs nats-server. */
export async function* bench(): AsyncGenerator<Row> {
  for (const measure of [ackRows, exporterRows, readingRows]) yield* await measure();
}
