const OLDEST = { major: 2, minor: 12 };

/** Why a nats-server of this version cannot be used: an older one does not check the expected sequence over several subjects, and silently stores wrong messages. Null if it can. */
export function versionProblem(version: string): string | null {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  const isNew =
    major !== undefined &&
    minor !== undefined &&
    (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor));
  if (isNew) return null;
  return `expected nats-server ${OLDEST.major}.${OLDEST.minor} or newer, found ${version || 'no version'}: upgrade the server`;
}
