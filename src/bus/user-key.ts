import { createUser, fromSeed } from '@nats-io/nkeys';

/** The key of a user of NATS: an Ed25519 pair in the text form of nkeys. */
export interface UserKey {
  /** Begins with U; for the configuration of the server. */
  readonly publicKey: string;
  /** Begins with SU; a secret. */
  readonly seed: string;
}

/** Makes a new key. */
export function makeUserKey(): UserKey {
  const pair = createUser();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

/** The public key of a seed; null if the text is not the seed of a user. */
export function publicKeyOf(seed: string): string | null {
  try {
    const publicKey = fromSeed(new TextEncoder().encode(seed)).getPublicKey();
    return publicKey.startsWith('U') ? publicKey : null;
  } catch {
    return null;
  }
}
