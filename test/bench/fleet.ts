import { ackRows } from './fleet/acks.ts';
import { exporterRows } from './fleet/exporter-cost.ts';
import { memoryRows } from './fleet/hub-memory.ts';
import { lostNodeRows } from './fleet/lost-node.ts';
import { readingRows } from './fleet/reading.ts';
import { hostsRows } from './fleet/thousand-hosts.ts';
import type { Row } from './row.ts';

/** What a fleet costs: acknowledgements, exporters, and hubs with many hosts and followers. It needs nats-server. `FLEET_PARTS` names some of its parts. */
const PARTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  acks: ackRows,
  lost: lostNodeRows,
  exporter: exporterRows,
  reading: readingRows,
  memory: memoryRows,
  hosts: hostsRows,
};

/** The rows of all parts, or of those that are wanted. */
export async function* bench(): AsyncGenerator<Row> {
  const wanted = process.env['FLEET_PARTS']?.split(',') ?? Object.keys(PARTS);
  for (const part of wanted) yield* (await PARTS[part]?.()) ?? [];
}
