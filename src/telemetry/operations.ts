import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { PathPattern } from '../traffic/path-pattern';

/** As many as the proxy's parser takes with room to spare: each is an expression within the last one's, and it ends at 250. */
const MOST = 100;

/** The proxy compiles no larger program of RE2 for it: envoyproxy/envoy source/extensions/filters/common/expr/evaluator.cc, createBuilder. */
const LARGEST_PROGRAM = 100;

/** A text as CEL writes it, which is as JSON does. */
export function celText(text: string): string {
  return JSON.stringify(text);
}

/**
 * The name of a request's operation as an expression of CEL: the first of the patterns that takes its path, or `other`. So there are as many names as patterns and
 * one more, whatever clients ask for.
 */
export function operationExpression(patterns: PathPattern[]): string {
  return [...distinct(patterns).map(pattern => `${takes(pattern.text)} ? ${celText(pattern.text)} : `), '"other"'].join('');
}

/** Patterns that no name could be made of. */
export function operationProblems(site: Site, server: string, patterns: PathPattern[]): MeshProblem[] {
  const all = distinct(patterns);
  if (all.length === 0) {
    return [site.problem('IneffectiveTelemetry', 'must be of a service whose callers declare paths', server, 'Declare them: frontend.calls(orders, { paths: [\'/orders/*\'] }).')];
  }
  if (all.length > MOST) {
    return [site.problem('InvalidPath', `must be made of at most ${MOST} paths`, all.length, 'Declare fewer that take more: /orders/* in the place of each below it.')];
  }
  return all.filter(({ text }) => text.includes('{') && programSize(text) > LARGEST_PROGRAM).map(({ text }) => site.problem(
    'InvalidPath', 'must be made of shorter templates: the proxy compiles no regular expression of that size', text, 'Declare a shorter path, or one that ends in *.'));
}

/** Exact ones first, those that say more before others; the one that takes every path says nothing. */
function distinct(patterns: PathPattern[]): PathPattern[] {
  const named = patterns.filter(({ text }) => text !== '*').sort((a, b) => compare(a.rank, b.rank));
  return named.filter(({ text }, index) => index === 0 || text !== named[index - 1].text);
}

/** The path without the query, as the proxy has normalized it. */
function takes(pattern: string): string {
  const path = 'request.url_path';
  if (pattern.includes('{')) {
    return `${path}.matches(${celText(regexOf(pattern))})`;
  }
  if (pattern.endsWith('*')) {
    return `${path}.startsWith(${celText(pattern.slice(0, -1))})`;
  }
  return pattern.startsWith('*') ? `${path}.endsWith(${celText(pattern.slice(1))})` : `${path} == ${celText(pattern)}`;
}

/** Of ASCII alone, as a path is: it makes a small program. */
function regexOf(template: string): string {
  const segments = template.split('/').map(segment => segment === '{*}' ? '[!-.0-~]+' : segment === '{**}' ? '.*' : segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return `^${segments.join('/')}$`;
}

/** An instruction for each letter, some for each open segment, and those around them; rather too many than too few. */
function programSize(template: string): number {
  const open = template.match(/\{\*{1,2}\}/g)?.length ?? 0;
  return template.replace(/\{\*{1,2}\}/g, '').length + open * 10 + 10;
}
