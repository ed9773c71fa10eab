import { delimiter, isAbsolute } from 'node:path';

/** The folders that npm and its like put before the PATH of a script: they belong to a checkout, not to the machine. */
const OF_PACKAGE_MANAGERS = /(^|\/)(node_modules\/\.bin|node-gyp-bin)\/?$/;

/** A PATH as a service may rely on it: each absolute folder once, without those of a package manager. */
export function lastingPath(path: string): string {
  const lasting = path.split(delimiter).filter((folder) => isAbsolute(folder) && !OF_PACKAGE_MANAGERS.test(folder));
  return [...new Set(lasting)].join(delimiter);
}
