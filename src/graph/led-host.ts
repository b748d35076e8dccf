/**
 * The name in a caller's TLS by which an egress gateway knows which of its hosts is meant. For a wildcard it is one below it that no host has: no
 * client could look it up, and no certificate bears it, because of the underscore.
 */
export function ledName(host: string): string {
  return host.replace(/^\*/, '_any');
}
