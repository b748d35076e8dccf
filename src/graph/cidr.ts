import { isIP } from 'node:net';
import { IPv4, IPv6, parse, parseCIDR } from 'ipaddr.js';
import { Site } from '../diagnostics/site';

export const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];

/** Blocks of addresses, IPv4 or IPv6, each with its mask. */
export function checkCidrs(site: Site, cidrs: string[]): void {
  if (cidrs.length === 0) {
    site.fail('InvalidCidr', 'must list at least one block of addresses', cidrs, 'Leave it out for the default.');
  }
  cidrs.forEach((cidr, index) => {
    const [address, mask, ...rest] = cidr.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0 || !/^\d{1,3}$/.test(mask ?? '') || Number(mask) > (version === 4 ? 32 : 128)) {
      site.at(index).fail('InvalidCidr', 'must be a block of addresses', cidr, version && mask === undefined
        ? `Add the mask: ${cidr}/${version === 4 ? 32 : 128} is this one address.` : 'Write address and mask: 203.0.113.0/24.');
    }
    const block = networkOf(cidr);
    if (!block.startsWith(`${parse(address).toString()}/`)) {
      site.at(index).fail('InvalidCidr', 'must begin with the first address of its block', cidr, `Write ${block} if the whole block is meant, ${address}/${version === 4 ? 32 : 128} if the one address is.`);
    }
  });
}

function networkOf(cidr: string): string {
  const [address, mask] = parseCIDR(cidr);
  const network = address.kind() === 'ipv4' ? IPv4.networkAddressFromCIDR(cidr) : IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${mask}`;
}
