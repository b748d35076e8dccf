import { HttpMatchManifest, HttpRouteManifest } from '../manifests/istio-networking';
import { escapeRegex } from '../traffic/path-pattern';

/**
 * istiod warns of a prefix that continues one of an earlier rule as of one that is never reached, without a look at whom the
 * rules are for. Of another client's it is: there the same requests are said by a regular expression, which it does not compare.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, coveredValidation.
 */
export function withoutFalseAlarms(rules: HttpRouteManifest[]): HttpRouteManifest[] {
  const earlier: HttpMatchManifest[] = [];
  return rules.map(rule => ({
    ...rule,
    match: rule.match?.map((match) => {
      const prefix = match.uri?.prefix;
      const alarms = prefix !== undefined && earlier.some(other => !sameSource(other, match) && other.uri!.prefix !== prefix && prefix.startsWith(other.uri!.prefix!));
      if (alarms) {
        return { ...match, uri: { regex: `${escapeRegex(prefix)}.*` } };
      }
      if (prefix !== undefined) {
        earlier.push(match);
      }
      return match;
    }),
  }));
}

function sameSource(one: HttpMatchManifest, other: HttpMatchManifest): boolean {
  return one.sourceNamespace === other.sourceNamespace && JSON.stringify(one.sourceLabels) === JSON.stringify(other.sourceLabels);
}
