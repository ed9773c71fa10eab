import { type Logger, pino } from 'pino';
import { printableJson, printableLines } from '../../core/text.ts';
import { type Terminal, wantsColours } from '../terminal.ts';
import { LogSink } from './log-sink.ts';

/** The level and format of the log. */
export interface LogConfig {
  readonly level: string;
  /** `auto` means `pretty` in a terminal, `json` otherwise. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** A log, with the functions to control it. */
export interface OpenLog {
  readonly log: Logger;
  /** The number of lines that could not be written. */
  readonly dropped: () => number;
  /** Changes level and format. */
  readonly configure: (config: LogConfig) => void;
  /** Waits for the last lines, half a second at most. */
  readonly finish: () => Promise<void>;
}

/** Opens the log on stderr. Logging never waits and never throws: lines that stderr does not accept are dropped and counted. */
export async function openLog(
  config: LogConfig,
  { env, isInteractive, logOutput, onExit }: Terminal,
): Promise<OpenLog> {
  const sink = new LogSink(logOutput(), (dropped) => {
    log.warn({ dropped }, `${dropped} log lines were dropped: stderr did not take them`);
  });
  let write = await writerOf(config);
  let changing: Promise<unknown> = Promise.resolve();
  const options = { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const log = pino(options, { write: (line: string) => sink.write(write(line)) });
  onExit(() => sink.finishNow());
  return {
    log,
    dropped: () => sink.dropped,
    configure: (next) => {
      log.level = next.level;
      changing = changing.then(async () => {
        write = await writerOf(next);
      });
    },
    finish: () => sink.finish(),
  };

  async function writerOf({ format }: LogConfig): Promise<(line: string) => string> {
    const isPretty = format === 'pretty' || (format === 'auto' && isInteractive);
    return isPretty ? prettyWriter(isInteractive && wantsColours(env)) : jsonLine;
  }
}

/** Creates the log of a command that ends by itself. */
export async function createLog(config: LogConfig, terminal: Terminal): Promise<Logger> {
  return (await openLog(config, terminal)).log;
}

/** Creates the formatter for terminals. It is loaded only if needed. */
async function prettyWriter(colorize: boolean): Promise<(line: string) => string> {
  // In the bundle, a CommonJS module has no export but its default.
  const { default: module } = await import('pino-pretty');
  const pretty = module.prettyFactory({
    colorize,
    // What each message says in words already.
    ignore: 'id,type,server,reason,version,url,servers,file,receiver,attempts,alertmanager,collector',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (line) => pretty(JSON.stringify(JSON.parse(line, (_key, value) => safeValue(value))));
}

function jsonLine(line: string): string {
  return `${printableJson(line.trimEnd())}\n`;
}

/** Further lines are indented: none of them looks like another entry of the log. */
function safeValue(value: unknown): unknown {
  return typeof value === 'string' ? printableLines(value).replaceAll('\n', '\n    ') : value;
}
