import { isIP } from 'node:net';
import { IPv4, IPv6, parse, parseCIDR } from 'ipaddr.js';
import { checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

export const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];

/** Blocks of addresses, IPv4 or IPv6, each with its mask. */
export function checkCidrs(site: Site, cidrs: string[]): void {
  if (cidrs.length === 0) {
    site.fail('InvalidCidr', 'must list at least one block of addresses', cidrs, 'Leave it out for the default.');
  }
  cidrs.forEach((cidr, index) => checkCidr(site.at(index), cidr));
}

function checkCidr(site: Site, cidr: string): void {
  const [address, mask, ...rest] = cidr.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(mask ?? '') || Number(mask) > (version === 4 ? 32 : 128)) {
    site.fail('InvalidCidr', 'must be a block of addresses', cidr, version && mask === undefined
      ? `Add the mask: ${cidr}/${version === 4 ? 32 : 128} is this one address.` : 'Write address and mask: 203.0.113.0/24.');
  }
  const block = networkOf(cidr);
  if (!block.startsWith(`${parse(address).toString()}/`)) {
    site.fail('InvalidCidr', 'must begin with the first address of its block', cidr, `Write ${block} if the whole block is meant, ${address}/${version === 4 ? 32 : 128} if the one address is.`);
  }
}

/** Addresses, or blocks of them, as they are compared: a block of one is that one. */
export function checkAddresses(site: Site, addresses: string[]): string[] {
  if (addresses.length === 0) {
    site.fail('EmptyList', 'must not be empty', addresses, 'Leave it out, or list the addresses.');
  }
  const known = addresses.map((address, index) => {
    if (!isBlock(address)) {
      return checkAddress(site.at(index), address);
    }
    checkCidr(site.at(index), address);
    const [first, mask] = parseCIDR(address);
    if (mask === 0) {
      site.at(index).fail('InvalidAddress', 'must not be every address', address, 'Write those of the host: every connection on its ports would be taken for one to it.');
    }
    return mask === (first.kind() === 'ipv4' ? 32 : 128) ? first.toString() : `${first.toString()}/${mask}`;
  });
  checkUnique(site, known, 'InvalidAddress', 'Write each address once.');
  return known;
}

/** One address that a packet can go to. */
export function checkAddress(site: Site, address: string): string {
  if (isIP(address) === 0 || address.includes('%')) { // a zone is one machine's own
    site.fail('InvalidAddress', 'must be an IP address', address, 'Write numbers: 10.8.0.7. A name stands in host.');
  }
  const parsed = parse(address);
  if (['unspecified', 'loopback', 'multicast', 'broadcast'].includes(parsed.range())) {
    site.fail('InvalidAddress', 'must be the address of something outside the pod', address, 'Write the address of the host itself.');
  }
  return parsed.toString();
}

/** Fails for the first address to which the network would let nothing through. */
export function checkWithin(site: Site, cidrs: string[], addresses: string[]): void {
  const outside = addresses.map(address => parse(address)).find(address => !cidrs.some((cidr) => {
    const [first, mask] = parseCIDR(cidr);
    return first.kind() === address.kind() && address.match(first, mask);
  }));
  if (outside) {
    site.fail('InvalidCidr', 'must hold every endpoint', outside.toString(), `Add ${blockOf(outside.toString())}, or leave cidrs out: then the network is open to the endpoints alone.`);
  }
}

export function isBlock(address: string): boolean {
  return address.includes('/');
}

/** The block of addresses that an address is. */
export function blockOf(address: string): string {
  return isBlock(address) ? address : `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

function networkOf(cidr: string): string {
  const [address, mask] = parseCIDR(cidr);
  const network = address.kind() === 'ipv4' ? IPv4.networkAddressFromCIDR(cidr) : IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${mask}`;
}
