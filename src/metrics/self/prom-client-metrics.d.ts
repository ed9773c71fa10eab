/** The default metrics of prom-client, one file each. All of them together do not pass `promtool check metrics`. */
declare module 'prom-client/lib/metrics/*.js' {
  import type { Registry } from 'prom-client';

  /** Registers the metrics of one file. */
  function register(registry: Registry): void;
  export = register;
}
