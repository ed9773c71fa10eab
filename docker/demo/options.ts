import { parseArgs } from 'node:util';

/** The options of the demo. */
export interface DemoOptions {
  /** How many tmux servers there are. */
  readonly servers: number;
  /** Ends after this many seconds; null runs until a signal. */
  readonly seconds: number | null;
  /** Port of the exporter; null for the default port, or a free one if that is taken. */
  readonly port: number | null;
}

/** The text of `--help`. */
export const HELP = `Usage: npm run demo -- [options]

A fleet of tmux servers that live, die and come back, with tmux-exporter, and with Prometheus and Alertmanager if they are
installed. Everything is on loopback and in one temporary folder; nothing is left when it ends.

  --servers <count>   how many tmux servers, 1 to 50 (default: 6)
  --seconds <count>   end after this long (default: run until Ctrl-C)
  --port <port>       port of the exporter (default: 8689, or a free one)
  --help              show this
`;

/** Reads the command line; null means `--help`. Throws an error with a message for people. */
export function readOptions(argv: readonly string[]): DemoOptions | null {
  const options = {
    servers: { type: 'string', default: '6' },
    seconds: { type: 'string' },
    port: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  if (values.help) return null;
  return {
    servers: readCount('--servers', values.servers, 50),
    seconds: values.seconds === undefined ? null : readCount('--seconds', values.seconds, 86_400),
    port: values.port === undefined ? null : readCount('--port', values.port, 65_535),
  };
}

function readCount(option: string, text: string, most: number): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most)
    throw new Error(`${option}: expected a whole number from 1 to ${most}, found ${JSON.stringify(text)}`);
  return count;
}
