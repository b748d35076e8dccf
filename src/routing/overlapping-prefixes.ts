import { HttpMatchManifest, HttpRouteManifest } from '../manifests/istio-networking';
import { plainData } from '../manifests/plain-data';
import { comparedUri, takes } from '../traffic/match-intersection';
import { escapeRegex } from '../traffic/path-pattern';

/**
 * istiod warns of a prefix that continues one of an earlier rule as of one that is never reached, without a look at the clients
 * that the rules are for, and takes a rule for any method as one for GET. Where requests are left for the later rule, they are
 * said by a regular expression, which it does not compare.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, genMatchHTTPRoutes and coveredValidation.
 */
export function withoutFalseAlarms(rules: HttpRouteManifest[]): HttpRouteManifest[] {
  const written: HttpMatchManifest[] = [];
  const texts = new Set<string>();
  const tellApart = (match: HttpMatchManifest): HttpMatchManifest[] => {
    const prefix = match.uri?.prefix;
    const continues = ({ uri }: HttpMatchManifest) => uri?.prefix !== undefined && uri.prefix !== prefix && prefix!.startsWith(uri.prefix);
    const continued = prefix === undefined ? [] : written.filter(continues);
    const alarms = continued.length > 0 && !continued.some(other => takes(other, match));
    const apart = alarms ? toldApart(match) : match;
    written.push(apart);
    if (apart.uri?.regex === undefined) {
      return [apart];
    }
    // A template may be the same expression
    const text = JSON.stringify(plainData(apart));
    const again = texts.has(text);
    texts.add(text);
    return again ? [] : [apart];
  };
  return rules.map(rule => ({ ...rule, match: rule.match?.flatMap(tellApart) })).filter(({ match }) => match?.length !== 0);
}

function toldApart(match: HttpMatchManifest): HttpMatchManifest {
  const { ignoreUriCase, uri, ...others } = match;
  return { uri: ignoreUriCase ? comparedUri(match) : { regex: `${escapeRegex(uri!.prefix!)}.*` }, ...others };
}
