/** The code of an error of the system, such as `ECONNREFUSED`; empty where it has none. Of an error about a secret nothing else may be shown. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
