/** What a service manager is to run. */
export const SERVICES = ['daemon', 'watch'] as const;
export type Service = (typeof SERVICES)[number];

/** The service managers that a file can be written for. */
export const FORMATS = ['systemd', 'launchd'] as const;
export type ServiceFormat = (typeof FORMATS)[number];

/** What the file of a service is made of. */
export interface ServiceParts {
  readonly service: Service;
  /** The whole command, the program first. */
  readonly command: readonly string[];
  /** What the service manager would not hand on by itself. */
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
}

/** The file of a service: its name, and its text. */
export interface ServiceFile {
  readonly name: string;
  readonly text: string;
}

/** What each service is, in a few words. */
export const DESCRIPTIONS: Readonly<Record<Service, string>> = {
  daemon: 'tmux-exporter: tells of the death of tmux servers, and measures the living',
  watch: 'tmux-exporter watch: notices about tmux servers on the desktop',
};
