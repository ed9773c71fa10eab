/** The subject of an event. */
export function eventSubject(prefix: string, name: string, type: string): string {
  return `${prefix}.events.${name}.${type}`;
}

/** All events of one exporter. */
export function ownEvents(prefix: string, name: string): string {
  return eventSubject(prefix, name, '*');
}

/** The subject of the state of an exporter. */
export function hostSubject(prefix: string, name: string): string {
  return `${prefix}.hosts.${name}`;
}

/** The service that answers with the last event of an exporter. */
export function lastSubject(prefix: string, name: string): string {
  return `${prefix}.last.${name}.*`;
}

/** The exporter and the type of an event by its subject; null if it is that of no event. */
export function eventSubjectParts(prefix: string, subject: string): { name: string; type: string } | null {
  const [first, kind, name, type, ...more] = subject.split('.');
  if (first !== prefix || kind !== 'events' || name === undefined || type === undefined || more.length > 0) return null;
  return { name, type };
}

/** The exporter that reports its state under a subject; null if it is that of no report. */
export function hostSubjectName(prefix: string, subject: string): string | null {
  const [first, kind, name, ...more] = subject.split('.');
  return first === prefix && kind === 'hosts' && name !== undefined && more.length === 0 ? name : null;
}
