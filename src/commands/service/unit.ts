/** The services that a service manager can run. */
export const SERVICES = ['daemon', 'hub', 'watch'] as const;
export type Service = (typeof SERVICES)[number];

/** The supported service managers. */
export const FORMATS = ['systemd', 'launchd'] as const;
export type ServiceFormat = (typeof FORMATS)[number];

/** The content of the file of a service. */
export interface ServiceParts {
  readonly service: Service;
  /** The whole command, beginning with the program. */
  readonly command: readonly string[];
  /** Environment variables that the service manager would not pass on. */
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
}

/** The file of a service. */
export interface ServiceFile {
  readonly name: string;
  readonly text: string;
}

/** A short description of each service. */
export const DESCRIPTIONS: Readonly<Record<Service, string>> = {
  daemon: 'tmux-exporter: reports deaths of tmux servers, and metrics of the living ones',
  hub: 'tmux-exporter hub: serves the events of a fleet',
  watch: 'tmux-exporter watch: notices about tmux servers on the desktop',
};
