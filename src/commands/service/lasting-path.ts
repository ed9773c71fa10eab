import { delimiter, isAbsolute } from 'node:path';

/** Folders that package managers put before the PATH of a script: they belong to a checkout, not to the machine. */
const OF_PACKAGE_MANAGERS = /(^|\/)(node_modules\/\.bin|node-gyp-bin)\/?$/;

/** Reduces a PATH to what a service can rely on: each absolute folder once, without those of a package manager. */
export function lastingPath(path: string): string {
  const lasting = path.split(delimiter).filter((folder) => isAbsolute(folder) && !OF_PACKAGE_MANAGERS.test(folder));
  return [...new Set(lasting)].join(delimiter);
}
