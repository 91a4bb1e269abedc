/** Is an address in a CIDR block? IPv4 and IPv6; nothing else is an address. */
import { BlockList, isIP } from 'node:net';

const FAMILY = { 4: 'ipv4', 6: 'ipv6' } as const;
const WIDTH_BITS = { 4: 32, 6: 128 } as const;

/** A test for membership in `block`, for example `10.0.0.0/24`; undefined when that is not a CIDR block. */
export function cidrMatcher(block: string): ((address: unknown) => boolean) | undefined {
  const parts = /^([^/]+)\/(\d{1,3})$/.exec(block);
  const network = parts?.[1] ?? '';
  const prefixBits = Number(parts?.[2]);
  const version = isIP(network);
  if ((version !== 4 && version !== 6) || prefixBits > WIDTH_BITS[version]) return undefined;
  const list = new BlockList();
  list.addSubnet(network, prefixBits, FAMILY[version]);
  return (address) => typeof address === 'string' && isIP(address) === version && list.check(address, FAMILY[version]);
}
