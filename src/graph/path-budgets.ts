import { CallBudget } from './call-budget';
import { circlesOf } from './circles';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** One step of a path of calls. */
export interface Link extends CallBudget {
  readonly site: Site;
  readonly from: string;
  readonly to: string;
  /** Whether nobody who calls `from` waits for it. */
  readonly starts: boolean;
  /** Whether `to` makes no call for it. */
  readonly ends: boolean;
}

const UNLESS_APART = 'Of requests for which these calls are not made, or not waited for, say so: chain: CallChain.ends() or CallChain.starts().';

/** Links by one of their ends. */
type Index = ReadonlyMap<string, Link[]>;

function indexed(links: Link[], end: 'from' | 'to'): Index {
  const index = new Map<string, Link[]>();
  for (const link of links) {
    const known = index.get(link[end]);
    if (known) {
      known.push(link);
    } else {
      index.set(link[end], [link]);
    }
  }
  return index;
}

/**
 * Clients who give up before those they wait for: a server waits as long as the longest of its own calls may take; of a call without a timeout as long
 * as what it calls waits.
 */
export function shortTimeouts(links: Link[]): MeshProblem[] {
  const awaited = links.filter(({ starts }) => !starts);
  const passing = indexed(awaited.filter(({ isOpen, ends }) => isOpen && !ends), 'from');
  const waiting = awaited.filter(({ wait }) => wait).sort((a, b) => b.wait!.millis - a.wait!.millis);
  const longest = longestWaits(awaited);
  return links.filter(({ ends, patience, to }) => !ends && patience && patience.millis < (longest.get(to) ?? 0)).flatMap((link) => {
    const path = waitBehind(link, passing, waiting);
    if (!path) {
      return []; // What would be longer comes back to where it was
    }
    const { text, property } = link.patience!;
    const last = path.at(-1)!;
    return [link.site.in(property).problem(
      'TimeoutTooShort', `must not be shorter than the ${last.wait!.text} that ${last.from} waits for ${last.to}, along ${named([link, ...path])}`, text,
      `Lengthen it or shorten what comes after it, so that nobody works for one who has given up. ${UNLESS_APART}`)];
  });
}

/** How long each server waits: from the longest wait down, back along the calls that may take as long as they take. Each server is visited once. */
function longestWaits(awaited: Link[]): Map<string, number> {
  const passing = indexed(awaited.filter(({ isOpen, ends }) => isOpen && !ends), 'to');
  const longest = new Map<string, number>();
  for (const { from, wait } of awaited.filter(link => link.wait).sort((a, b) => b.wait!.millis - a.wait!.millis)) {
    const reached = [from];
    for (let server = reached.pop(); server !== undefined; server = reached.pop()) {
      if (!longest.has(server)) {
        longest.set(server, wait!.millis);
        reached.push(...passing.get(server)?.map(link => link.from) ?? []);
      }
    }
  }
  return longest;
}

/** The links from a call's server to the longest wait behind it, if there is one for which he is too impatient; each server once. */
function waitBehind({ from: client, to: server, patience }: Link, passing: Index, waiting: Link[]): Link[] | undefined {
  const ways = waysFrom(server, passing, [client]);
  const around = new Map<string, ReadonlyMap<string, Link[]>>();
  for (const last of waiting) {
    if (last.wait!.millis <= patience!.millis) {
      return undefined;
    }
    const way = ways.get(last.from);
    if (!way || last.to === client || last.to === server) {
      continue;
    }
    if (!way.some(({ to }) => to === last.to)) {
      return [...way, last];
    }
    const other = around.get(last.to) ?? waysFrom(server, passing, [client, last.to]);
    around.set(last.to, other);
    if (other.has(last.from)) {
      return [...other.get(last.from)!, last];
    }
  }
  return undefined;
}

/** The shortest way from a server to each that is reached, around some. */
function waysFrom(server: string, passing: Index, around: string[]): ReadonlyMap<string, Link[]> {
  const ways = new Map<string, Link[]>([[server, []]]);
  for (const [reached, way] of ways) { // A Map goes on with what is added meanwhile
    for (const link of passing.get(reached) ?? []) {
      if (!around.includes(link.to) && !ways.has(link.to)) {
        ways.set(link.to, [...way, link]);
      }
    }
  }
  return ways;
}

/** How many more ways than the worst one of each server are followed, of the app and to one server: in circles, and many where all services call each other. */
const MORE_WAYS = 2_000;
const WAYS_TO_ONE = 24;

/**
 * Calls with which one request has become more than the limit; behind them nothing more is looked for. If there is one, one is found.
 *
 * Of two ways to a server one is enough if it multiplies as much and leaves as many servers to go on to. Those that matter are of the same circles: what a path
 * has left for good never comes again. So outside of circles each server has one way, which only ever rises, up to the limit.
 */
export function multipliedRetries(links: Link[], limit: number): MeshProblem[] {
  const outgoing = indexed(links, 'from');
  const circles = circlesOf(outgoing);
  const ways = new Map<string, Way[]>();
  const beyond = new Map<Link, Way>();
  const queue: Way[] = [...outgoing.keys()].map(at => ({ at, tries: 1, been: [at], links: [] }));
  let more = MORE_WAYS;
  for (const way of queue) { // An array goes on with what is added meanwhile
    const isLeft = way.links.length > 0 && !ways.get(way.at)!.includes(way);
    for (const link of isLeft ? [] : outgoing.get(way.at) ?? []) {
      if (way.been.includes(link.to) || (link.starts && way.links.length > 0)) {
        continue;
      }
      const isBack = circles.get(link.to) === circles.get(way.at);
      const been = isBack ? [...way.been, link.to] : [link.to];
      const next: Way = { at: link.to, tries: way.tries * link.tries, been, links: [...way.links, link] };
      const known = ways.get(link.to) ?? [];
      if (next.tries > limit) {
        if (link.tries > 1 && !beyond.has(link)) {
          beyond.set(link, next);
        }
      } else if (!link.ends && next.tries > 1 && !known.some(other => isAsBad(other, next))) {
        const left = known.filter(other => !isAsBad(next, other));
        if (left.every(({ tries }) => tries < next.tries) || (left.length < WAYS_TO_ONE && more-- > 0)) {
          ways.set(link.to, [...left, next]);
          queue.push(next);
        }
      }
    }
  }
  const all = links.filter(link => beyond.has(link));
  const first = all.filter(link => !beyond.get(link)!.links.some(step => step !== link && beyond.has(step)));
  return (first.length > 0 ? first : all).map((link) => {
    const { tries, links: way } = beyond.get(link)!;
    return link.site.in('retries').problem(
      'RetriesMultiply', `must let one request become ${limit} at most, along ${named(way)}: ${way.map(step => step.tries).join(' × ')}`, tries,
      `Let one service of the path retry, and the others leave retries out; or raise maxTries of the mesh's Budgets.proven(). ${UNLESS_APART}`);
  });
}

/** A path that has each server once, and what one request becomes along it. */
interface Way {
  readonly at: string;
  readonly tries: number;
  /** Where it has been, of the circles in which it is. */
  readonly been: string[];
  readonly links: Link[];
}

/** Whether what can be found behind a way is found behind another, too. */
function isAsBad(one: Way, other: Way): boolean {
  return one.tries >= other.tries && one.been.every(place => other.been.includes(place));
}

function named(way: Link[]): string {
  return [way[0].from, ...way.map(({ to }) => to)].join(' → ');
}
