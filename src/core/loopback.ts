const IPV4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6 = /^[\da-f:.]*:[\da-f:.]*$/i;

/** How the URL standard writes the loopback of IPv6, and addresses of 127.0.0.0/8 mapped into it. */
const WRITTEN = /^\[::(?:1|ffff:7f[\da-f]{2}:[\da-f]{1,4})\]$/;

/** Whether an IP address, however it is written, is one that only this machine reaches. */
export function isLoopbackAddress(address: string): boolean {
  if (!IPV6.test(address)) return IPV4.test(address);
  return WRITTEN.test(URL.parse(`http://[${address}]`)?.hostname ?? '');
}
