import type { Severity } from '../../core/event/event.ts';
import type { Notice } from './notice.ts';

const COLOURS: Readonly<Record<Severity, string>> = { info: '', warning: '\u001b[33m', critical: '\u001b[1;31m' };
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';

/** Formats a notice as lines of text: local time, severity and title, then its body, indented. */
export function textOf({ time, severity, type, title, body }: Notice, isColoured: boolean): string {
  const paint = (colour: string, text: string) => (isColoured && colour !== '' ? `${colour}${text}${RESET}` : text);
  const head = `${dateText(time)} ${timeText(time)}`;
  const isBrief = severity === 'info' && type !== 'summary';
  const lines = isBrief ? [] : body.map((line) => `${paint(DIM, `    ${line}`)}\n`);
  return `${paint(DIM, head)} ${paint(COLOURS[severity], `${severity.padEnd(8)} ${title}`)}\n${lines.join('')}`;
}

/** Formats the local time of day, such as `14:03:12`. */
export function timeText(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? '--:--:--'
    : numbers(date.getHours(), date.getMinutes(), date.getSeconds()).join(':');
}

function dateText(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? '----------'
    : numbers(date.getFullYear(), date.getMonth() + 1, date.getDate()).join('-');
}

function numbers(...counts: number[]): string[] {
  return counts.map((count) => String(count).padStart(2, '0'));
}
