import { type Logger, pino } from 'pino';
import type { Terminal } from '../terminal.ts';
import { LogSink } from './log-sink.ts';

/** How the log is written: level and form. */
export interface LogConfig {
  readonly level: string;
  /** `auto` is `pretty` if a person reads it, `json` otherwise. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** A log, and what its owner can do with it. */
export interface OpenLog {
  readonly log: Logger;
  /** Lines that could not be written. */
  readonly dropped: () => number;
  /** Changes level and form. */
  readonly configure: (config: LogConfig) => void;
  /** Waits for the last lines, half a second at most. */
  readonly finish: () => Promise<void>;
}

/** Opens the log on stderr. Writing to it never waits and never throws: lines that stderr does not take are dropped and counted. */
export async function openLog(config: LogConfig, { isInteractive, logOutput, onExit }: Terminal): Promise<OpenLog> {
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
    return isPretty ? prettyWriter(isInteractive) : (line) => line;
  }
}

/** The log of a command that ends by itself. */
export async function createLog(config: LogConfig, terminal: Terminal): Promise<Logger> {
  return (await openLog(config, terminal)).log;
}

/** Loaded only if a person reads the log. */
async function prettyWriter(colorize: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize, // What each message says in words already.
    ignore: 'id,type,server,reason,version,url,servers,file,receiver,attempts,alertmanager,collector',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
