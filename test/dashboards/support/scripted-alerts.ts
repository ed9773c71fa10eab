import { minutesBeforeEnd, type ScriptedServer } from './scenario.ts';
import { lifeAt } from './scripted-life.ts';

/** An alert that fires. */
export interface ScriptedAlert {
  readonly alert: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly server: string;
}

const QUARTER_OF_AN_HOUR_MS = 900_000;

/** The alerts that the rules would let fire for a server at a moment. */
export function alertsFor(server: ScriptedServer, at: number): ScriptedAlert[] {
  const { name, registration, lives, unresponsiveFrom = 0, unreachableFrom = 0 } = server;
  const since = (minutes: number) => minutes > 0 && at >= minutesBeforeEnd(minutes);
  const deaths = lives.filter(({ to }) => to !== null && isRecent(minutesBeforeEnd(to), at));
  const isMissing = registration === 'static' && lives.length > 0 && lifeAt(server, at) === null;
  return [
    ...deaths.map(({ end }) => alert('TmuxServerGone', end === 'exited' ? 'info' : 'critical', name)),
    ...(since(unresponsiveFrom) ? [alert('TmuxServerUnresponsive', 'critical', name)] : []),
    ...(since(unreachableFrom) ? [alert('TmuxServerUnreachable', 'warning', name)] : []),
    ...(isMissing ? [alert('TmuxServerMissing', 'critical', name)] : []),
  ];
}

function isRecent(moment: number, at: number): boolean {
  return moment <= at && at < moment + QUARTER_OF_AN_HOUR_MS;
}

function alert(name: string, severity: ScriptedAlert['severity'], server: string): ScriptedAlert {
  return { alert: name, severity, server };
}
