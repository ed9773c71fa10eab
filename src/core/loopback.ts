const IPV4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6 = /^[\da-f:.]*:[\da-f:.]*$/i;

/** The loopback address of IPv6, or a mapped address of 127.0.0.0/8, in the form of the URL standard. */
const WRITTEN = /^\[::(?:1|ffff:7f[\da-f]{2}:[\da-f]{1,4})\]$/;

/** Whether an IP address, in any notation, is a loopback address: only this machine can reach it. */
export function isLoopbackAddress(address: string): boolean {
  if (!IPV6.test(address)) return IPV4.test(address);
  return WRITTEN.test(URL.parse(`http://[${address}]`)?.hostname ?? '');
}
