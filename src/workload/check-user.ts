import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

export function checkUser(site: Site, user: number): void {
  checkInteger(site, user, 1, 65535, 'InvalidUser', 'Containers run as root (0) by name alone: exceptions: [PodException.user(0)].');
  checkNotProxyUser(site, user);
}

/** The user of the proxy, whose own traffic is not captured. */
export function checkNotProxyUser(site: Site, user: number | undefined): void {
  if (user === 1337) {
    site.fail('InvalidUser', 'must not be the mesh proxy\'s user', user, 'Traffic of user 1337 bypasses the proxy (IST0144): use another number.');
  }
}
