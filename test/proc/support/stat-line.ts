/** A line of /proc/<pid>/stat: 52 fields, of which the third is the state and the 22nd the start time. */
export function statLine(command: string, state = 'S', start = '777'): string {
  const between = Array.from({ length: 18 }, (_, at) => `${at + 4}`).join(' ');
  const after = Array.from({ length: 30 }, (_, at) => `${at + 23}`).join(' ');
  return `123 (${command}) ${state} ${between} ${start} ${after}\n`;
}
