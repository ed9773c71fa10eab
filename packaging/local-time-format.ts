const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The part of `Intl.DateTimeFormat` that node-cron uses, for the time zone of the machine only. `Intl` loads 8 MB of ICU for it, `Date` does not. */
export class LocalTimeFormat {
  constructor(_locale: string, { timeZone }: Pick<Intl.DateTimeFormatOptions, 'timeZone'>) {
    if (timeZone !== undefined) throw new RangeError(`expected no time zone, found ${timeZone}`);
  }

  /** The parts of a time, without literals. */
  formatToParts(date: Date): { readonly type: string; readonly value: string }[] {
    const parts = {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
      weekday: WEEKDAYS[date.getDay()],
      timeZoneName: offsetOf(date),
    };
    return Object.entries(parts).map(([type, value]) => ({ type, value: String(value) }));
  }
}

/** The offset from UTC, such as `GMT-3:30`. */
function offsetOf(date: Date): string {
  const minutesWest = date.getTimezoneOffset();
  const minutes = Math.abs(minutesWest);
  return `GMT${minutesWest > 0 ? '-' : '+'}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}
