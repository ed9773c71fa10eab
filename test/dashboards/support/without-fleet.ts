/** The panels, by dashboard, that have nothing to show without a bus and a hub. */
export const WITHOUT_FLEET: Readonly<Record<string, readonly string[]>> = {
  fleet: ['Hosts, E', 'Hosts, F', 'Hosts of the fleet'],
  exporter: [
    'Exporters on the bus',
    'Events that wait for the bus',
    'Age of the oldest event that waits',
    'Events published',
    'Refusals of the bus',
    'Time to publish an event',
    'Hosts by state',
    'Delay of the hubs',
    'Events of the fleet',
    'Problems of the hubs',
  ],
};

/** Whether a problem says that one of these panels of a dashboard has no data. */
export function isSilent(
  titles: Readonly<Record<string, readonly string[]>>,
  dashboard: string,
  problem: string,
): boolean {
  return problem.endsWith(': no data') && (titles[dashboard] ?? []).some((title) => problem.startsWith(title));
}
