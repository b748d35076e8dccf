import { checkGrpcPath, checkPathSyntax } from './path-syntax';
import { Site } from '../diagnostics/site';
import { StringMatchManifest } from '../manifests/istio-networking';

/**
 * A path in the syntax of an AuthorizationPolicy, which a VirtualService cannot read but can express:
 * `/a`, `/a/*`, `*.html`, and templates with whole segments `{*}` (one) and `{**}` (any number, at the end).
 *
 * Upstream: istio/istio pilot/pkg/security/authz/matcher/string.go; for templates pkg/config/security/security.go,
 * CheckValidPathTemplate, and https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation
 */
export class PathPattern {
  public static parse(site: Site, pattern: string): PathPattern {
    const fail = (problem: string, fix: string) => site.fail('InvalidPath', problem, pattern, fix);
    if (typeof pattern !== 'string' || !/^[/*]/.test(pattern)) {
      fail('must start with \'/\' or \'*\'', 'Write the path as it stands in the request, such as /api/orders or /api/*.');
    }
    checkPathSyntax(site, pattern);
    if (/[{}]/.test(pattern)) {
      const segments = pattern.split('/').slice(1);
      const wrong = segments.some((segment, index) => (/[{}*]/.test(segment) && segment !== '{*}' && !(segment === '{**}' && index === segments.length - 1)));
      if (wrong || pattern.startsWith('*')) {
        fail('must use {*} and {**} as whole segments, {**} as the last', 'Write /orders/{*}/items or /files/{**}.');
      }
    } else if (pattern !== '*' && (pattern.slice(1, -1).includes('*') || (pattern.startsWith('*') && pattern.endsWith('*')))) {
      fail('must have one \'*\', at its start or at its end', 'A single segment in the middle is written {*}: /orders/{*}/items.');
    }
    return new PathPattern(pattern);
  }

  private constructor(public readonly text: string) {}

  /** Fails for what no gRPC request can have as its path. */
  public checkGrpc(site: Site): void {
    const open = this.text.endsWith('*');
    if (this.text !== '*') {
      checkGrpcPath(site, open ? this.text.slice(0, -1) : this.text, open, this.text);
    }
  }

  /**
   * The order in which routes must stand, as a sortable text: exact paths, then those with an open segment, then those
   * with an open end or beginning; of two alike, the one that says more.
   */
  public get rank(): string {
    const kind = !/[*{]/.test(this.text) ? 0 : /^[^*]*(\{\*\}[^*]*)+$/.test(this.text) ? 1 : 2;
    const said = this.text.replace(/\{\*{1,2}\}|\*/g, '').length;
    return `${kind}${String(9999 - said).padStart(4, '0')}${this.text}`;
  }

  /** What every path that it takes begins with. */
  public get beginning(): string {
    return this.text.split(/[*{]/)[0];
  }

  /** Whether it takes a path that is known letter by letter. */
  public takes(path: string): boolean {
    const match = this.toUriMatch();
    return !match || path === match.exact || (match.prefix !== undefined && path.startsWith(match.prefix)) || (match.regex !== undefined && new RegExp(`^(?:${match.regex})$`).test(path));
  }

  /** `undefined` for the pattern that takes every path. */
  public toUriMatch(): StringMatchManifest | undefined {
    const { text } = this;
    if (text === '*') {
      return undefined;
    }
    if (text.includes('{')) {
      // Envoy's template: {*} is one segment, {**} is any number of them
      return { regex: escapeRegex(text).replace(/\\\{\\\*\\\}/g, '[^/]+').replace(/\\\{\\\*\\\*\\\}/g, '.*') };
    }
    if (text.endsWith('*')) {
      return { prefix: text.slice(0, -1) };
    }
    return text.startsWith('*') ? { regex: `.*${escapeRegex(text.slice(1))}` } : { exact: text };
  }
}

/** The text as a regular expression that matches nothing else. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
