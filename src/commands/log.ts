import { destination, type Logger, pino } from 'pino';
import { build as prettyStream } from 'pino-pretty';

/** How the log is written: level and form. */
export interface LogConfig {
  readonly level: string;
  /** `auto` is `pretty` where a person reads it, `json` elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
}

const STDERR = 2;

/** Creates the log: to stderr, each line written before the program goes on, so that a crash loses none. */
export function createLog({ level, format }: LogConfig, isInteractive: boolean): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && isInteractive);
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isPretty) return pino(options, destination({ dest: STDERR, sync: true }));
  const stream = prettyStream({
    destination: STDERR,
    sync: true,
    colorize: isInteractive,
    // What each message says in words already.
    ignore: 'id,type,server,reason,version,url,servers,file,receiver,attempts,alertmanager,collector',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino(options, stream);
}
