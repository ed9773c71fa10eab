/** A form of IPv6 address that carries an IPv4 address. */
export interface Carrier {
  readonly isForm: (bytes: readonly number[]) => boolean;
  /** Whether an address of this form certainly carries one; otherwise the bytes may mean something else. */
  readonly isCertain: boolean;
  /** The four bytes that are carried. */
  readonly carried: (bytes: readonly number[]) => readonly number[];
}

/** Where an IPv4 address is, by the length of the prefix before it (RFC 6052, 2.2): byte 8 is left out. */
const PLACES: Readonly<Record<number, readonly number[]>> = {
  32: [4, 5, 6, 7],
  40: [5, 6, 7, 9],
  48: [6, 7, 9, 10],
  56: [7, 9, 10, 11],
  64: [9, 10, 11, 12],
  96: [12, 13, 14, 15],
};
const LAST = PLACES[96] ?? [];

/** Every form in which an IPv6 address carries an IPv4 address. */
export const CARRIERS: readonly Carrier[] = [
  // IPv4-mapped, and IPv4-translated (SIIT, RFC 2765).
  certain(beginsWith(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), LAST),
  certain(beginsWith(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0), LAST),
  // IPv4-compatible. Below 1.0.0.0 it is `::1` and its like.
  certain((bytes) => beginsWith(...Array<number>(12).fill(0))(bytes) && bytes[12] !== 0, LAST),
  // NAT64 (RFC 6052), and its prefix for local use (RFC 8215).
  certain(beginsWith(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0), LAST),
  certain(beginsWith(0, 0x64, 0xff, 0x9b, 0, 1), LAST),
  // 6to4 (RFC 3056).
  certain(beginsWith(0x20, 0x02), [2, 3, 4, 5]),
  // Teredo (RFC 4380): the address of its server, and the inverted address of the client.
  certain(beginsWith(0x20, 0x01, 0, 0), [4, 5, 6, 7]),
  {
    isForm: beginsWith(0x20, 0x01, 0, 0),
    isCertain: true,
    carried: (bytes) => pick(bytes, LAST).map((byte) => byte ^ 0xff),
  },
  // ISATAP (RFC 5214), with and without the bits for "universal" and "group".
  certain(([, , , , , , , , high = 0, ...rest]) => (high & 0xfc) === 0 && equals(rest, [0, 0x5e, 0xfe]), LAST),
  // NAT64 with a prefix that the network has chosen: each place that RFC 6052 allows.
  ...Object.values(PLACES).map((place): Carrier => ({ ...certain(() => true, place), isCertain: false })),
];

function certain(isForm: Carrier['isForm'], place: readonly number[]): Carrier {
  return { isForm, isCertain: true, carried: (bytes) => pick(bytes, place) };
}

function beginsWith(...start: readonly number[]): Carrier['isForm'] {
  return (bytes) => equals(bytes, start);
}

function equals(bytes: readonly number[], start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

function pick(bytes: readonly number[], place: readonly number[]): number[] {
  return place.map((at) => bytes[at] ?? 0);
}
