import { MatchDescription } from './app-description';
import { RouteMatch, StringMatch } from '../../src';

export function matchOf({ header, path, method, query, authority, without }: MatchDescription): RouteMatch {
  const said = (value?: string) => value === undefined ? undefined : StringMatch.exactly(value);
  const conditions = [
    header && (header.kind === 'present' ? RouteMatch.headerPresent(header.name) : RouteMatch.header(header.name, StringMatch[header.kind]('qa'))),
    path && RouteMatch.path(StringMatch[path.kind](path.text), { ignoreCase: path.ignoreCase }),
    query && (query.value === undefined ? RouteMatch.queryParameterPresent(query.name) : RouteMatch.queryParameter(query.name, said(query.value)!)),
    authority === undefined ? undefined : RouteMatch.authority(StringMatch.prefix(authority)),
    without && RouteMatch.withoutHeader(without.name, said(without.value)),
    method === undefined ? undefined : RouteMatch.method(StringMatch.exactly(method)),
  ].filter(condition => condition !== undefined);
  return conditions.reduce((all, condition) => all.also(condition));
}
