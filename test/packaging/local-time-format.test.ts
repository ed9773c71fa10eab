import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const FORMAT = join(import.meta.dirname, '..', '..', 'packaging', 'local-time-format.ts');
/** A year, in which clocks are changed twice. */
const TIMES = 'Array.from({ length: 2_000 }, (_, i) => new Date(Date.UTC(2026, 0) + i * 4.4 * 3_600_000))';
/** What node-cron asks of Intl.DateTimeFormat, and how it reads the parts. */
const READ = `
  const names = ['year', 'month', 'day', 'hour', 'minute', 'second'];
  const numeric = Object.fromEntries(names.map((name) => [name, name === 'year' ? 'numeric' : '2-digit']));
  const read = (Format) => {
    const formats = [{ ...numeric, weekday: 'short', hour12: false }, { timeZoneName: 'shortOffset' }]
      .map((options) => new Format('en-US', options));
    return (date) => {
      const part = (format, name) => format.formatToParts(date).find(({ type }) => type === name).value;
      const numbers = names.map((name) => Number.parseInt(part(formats[0], name)));
      const offset = part(formats[1], 'timeZoneName');
      const [, sign, hours, minutes = '00'] = /^GMT([+-])(\\d{1,2})(?::(\\d{2}))?$/.exec(offset) ?? [offset, '+', '0'];
      const isZero = Number(hours) + Number(minutes) === 0;
      return [numbers.with(3, numbers[3] % 24), part(formats[0], 'weekday'), isZero ? 0 : sign + hours + minutes].join();
    };
  };
`;

describe('LocalTimeFormat', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Chatham'])(
    'says what Intl.DateTimeFormat says in %s',
    (TZ) => {
      const script = `
      import { LocalTimeFormat } from ${JSON.stringify(FORMAT)};
      ${READ}
      const [ours, theirs] = [LocalTimeFormat, Intl.DateTimeFormat].map(read);
      const different = ${TIMES}.filter((date) => ours(date) !== theirs(date));
      const offsets = new Set(${TIMES}.map((date) => date.getTimezoneOffset()));
      console.log(JSON.stringify([different.slice(0, 3), offsets.size]));
    `;
      const args = ['--input-type=module', '--eval', script];
      const output = execFileSync(process.execPath, args, { env: { TZ }, encoding: 'utf8' });
      expect(JSON.parse(output)).toEqual([[], TZ === 'UTC' || TZ === 'Asia/Kathmandu' ? 1 : 2]);
    },
  );
});
