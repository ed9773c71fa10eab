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
