/** The code of an error, such as `ECONNREFUSED`; empty if it has none. Nothing else of an error may be shown if it could contain a secret. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
