import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isInstalled } from '../machine/program.ts';
import type { FormatName } from './expositions.ts';

const PYTHON = '/usr/bin/python3';
const PARSER = join(import.meta.dirname, 'parse_exposition.py');

/** A family as another parser read it. A value is as Python prints a float. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  readonly samples: readonly ParsedSample[];
}

/** A sample as another parser read it. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Whether promtool is installed (Debian: `prometheus`). */
export const hasPromtool = isInstalled('promtool');

/** Whether the parsers of Prometheus for Python are installed (Debian: `python3-prometheus-client`). */
export const hasPythonParsers = spawnSync(PYTHON, ['-c', 'import prometheus_client']).status === 0;

/** Returns the complaints of `promtool check metrics` about a text exposition; empty if there are none. */
export function promtoolComplaints(body: Buffer): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  return `${stdout}${stderr}${status === 0 ? '' : `exit ${status}`}`;
}

/** Reads expositions with the parsers of Prometheus for Python, in one process. */
export function parseExpositions(expositions: readonly { format: FormatName; body: Buffer }[]): ParsedFamily[][] {
  const input = JSON.stringify(expositions.map(({ format, body }) => ({ format, body: body.toString('base64') })));
  const { status, stdout, stderr } = spawnSync(PYTHON, [PARSER], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`the parser refused an exposition: ${stderr}`);
  return JSON.parse(stdout);
}
