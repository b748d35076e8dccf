import { CallBudget } from './call-budget';
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
  const outgoing = indexed(awaited, 'from');
  const longest = longestWaits(awaited);
  return links.filter(({ ends, patience, to }) => !ends && patience && patience.millis < (longest.get(to) ?? 0)).flatMap((link) => {
    const path = waitBehind(link, outgoing);
    const last = path.at(-1);
    if (!last || last.wait!.millis <= link.patience!.millis) {
      return []; // What would be longer comes back to the client
    }
    const { text, property } = link.patience!;
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

/** The links from a call's server to the longest wait behind it that does not come back to its client. */
function waitBehind({ from: client, to: server }: Link, outgoing: Index): Link[] {
  const ways = new Map<string, Link[]>([[server, []]]);
  let longest: Link[] = [];
  for (const [reached, way] of ways) { // A Map goes on with what is added meanwhile
    const been = [client, server, ...way.map(({ to }) => to)];
    for (const link of outgoing.get(reached)?.filter(({ to }) => !been.includes(to)) ?? []) {
      if (link.wait && link.wait.millis > (longest.at(-1)?.wait?.millis ?? 0)) {
        longest = [...way, link];
      }
      if (link.isOpen && !link.ends && !ways.has(link.to)) {
        ways.set(link.to, [...way, link]);
      }
    }
  }
  return longest;
}

/**
 * Calls with which one request has become more than the limit; behind them nothing more is looked for. What is known of a server only ever rises, up to
 * the limit: so each is visited a few times at most, and a circle ends.
 */
export function multipliedRetries(links: Link[], limit: number): MeshProblem[] {
  const outgoing = indexed(links, 'from');
  const most = new Map<string, Way>();
  const beyond = new Map<Link, Way>();
  const servers = new Set(outgoing.keys());
  for (const server of servers) { // A Set goes on with what is added meanwhile
    servers.delete(server);
    for (const link of outgoing.get(server) ?? []) {
      const way = wayOf(link, most.get(server)?.links);
      if (way.tries <= limit) {
        if (!link.ends && way.tries > (most.get(link.to)?.tries ?? 1)) {
          most.set(link.to, way);
          servers.add(link.to);
        }
      } else if (link.tries > 1 && !beyond.has(link)) {
        beyond.set(link, way);
      }
    }
  }
  return links.filter(link => beyond.has(link)).map((link) => {
    const { tries, links: way } = beyond.get(link)!;
    return link.site.in('retries').problem(
      'RetriesMultiply', `must let one request become ${limit} at most, along ${named(way)}: ${way.map(step => step.tries).join(' × ')}`, tries,
      `Let one service of the path retry, and the others leave retries out; or raise maxTries of the mesh's Budgets.proven(). ${UNLESS_APART}`);
  });
}

/** A path without circles, and what one request becomes along it. */
interface Way {
  readonly tries: number;
  readonly links: Link[];
}

/** The way on, from behind where it was before: a path has each service once. */
function wayOf(link: Link, before: Link[] = []): Way {
  const been = before.map(({ from }) => from).lastIndexOf(link.to);
  const links = link.starts ? [link] : [...before.slice(been + 1), link];
  return { tries: links.reduce((product, { tries }) => product * tries, 1), links };
}

function named(way: Link[]): string {
  return [way[0].from, ...way.map(({ to }) => to)].join(' → ');
}
