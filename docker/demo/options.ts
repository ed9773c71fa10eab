import { parseArgs } from 'node:util';

/** How the demo is to be run. */
export interface DemoOptions {
  /** How many tmux servers there are. */
  readonly servers: number;
  /** Ends by itself after so many seconds; null goes on until a signal. */
  readonly seconds: number | null;
  /** Where the exporter listens; null for its usual port, or a free one where that is taken. */
  readonly port: number | null;
}

/** What `--help` shows. */
export const HELP = `Usage: npm run demo -- [options]

A fleet of tmux servers that live, die and come back, with tmux-exporter, and with Prometheus and Alertmanager where they are
installed. All of it is on loopback and in one temporary folder; nothing of it is left when it ends.

  --servers <count>   how many tmux servers, 1 to 50 (default: 6)
  --seconds <count>   end by itself (default: goes on until Ctrl-C)
  --port <port>       where the exporter listens (default: 8689, or a free one)
  --help              show this
`;

/** Reads the command line; null asks for help. Throws an error with a message for a person. */
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
