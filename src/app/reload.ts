import type { Config } from '../config/schema.ts';

/** The options that a running daemon cannot change: its history and its queue are in the store, systemd passes sockets on at the start only, and the feed of a hub has other cursors. */
const FIXED = ['storage.enabled', 'storage.path', 'web.systemd_socket', 'hub.enabled'] as const;

/** An option that takes effect at the next start. */
export type FixedOption = (typeof FIXED)[number];

/** The fixed options that have another value in `wanted` than at the start of the daemon. */
export function optionsForNextStart(started: Config, wanted: Config): FixedOption[] {
  return FIXED.filter((option) => settingOf(started, option) !== settingOf(wanted, option));
}

/** Every fixed option. */
export const FIXED_OPTIONS: readonly FixedOption[] = FIXED;

function settingOf({ storage, web, hub }: Config, option: FixedOption): unknown {
  switch (option) {
    case 'storage.enabled':
      return storage.enabled;
    case 'storage.path':
      return storage.path;
    case 'web.systemd_socket':
      return web.systemdSocket;
    case 'hub.enabled':
      return hub.enabled;
  }
}
