import { Call, callKey, compare } from './call';
import { budgetOf } from './call-budget';
import { Link, multipliedRetries, shortTimeouts } from './path-budgets';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { BudgetSettings } from '../traffic/budgets';

/** All declared calls of an app, as the steps of the paths that requests take. */
export class CallChains {
  /** The paths of those whose clients keep to their zone, and of those whose clients pick the pod. */
  public readonly zonal = new Set<string>();
  public readonly headless = new Set<string>();
  private readonly declared: { readonly site: Site; readonly from: string; readonly call: Call }[] = [];

  /** @param from the path of the construct by which others reach who calls. */
  public add(site: Site, from: string, call: Call): void {
    this.declared.push({ site, from, call });
  }

  public problems(budgets?: BudgetSettings): MeshProblem[] {
    const asking = (field: 'retryRemoteLocalities' | 'retryIgnorePreviousHosts') => (
      this.declared.filter(({ call }) => call.retries?.some(({ retries }) => retries[field])));
    const remote = asking('retryRemoteLocalities').filter(({ call }) => !this.zonal.has(call.server.path));
    const picked = asking('retryIgnorePreviousHosts').filter(({ call }) => this.headless.has(call.server.path));
    return [
      ...picked.map(({ site, call }) => site.in('retries.ignorePreviousHosts').problem(
        'HeadlessService', `has no effect: each try goes to the pod of ${call.server.path} that the client has picked`, true, 'Leave it out.')),
      ...remote.map(({ site, call }) => site.in('retries.remoteLocalities').problem(
        'IneffectiveRetries', `has no effect: clients of ${call.server.path} go to the pods of every zone at once`, true,
        'Leave it out, or give the server a Locality that keeps its clients to their zone.')),
      ...budgets ? this.proofOf(budgets) : [],
    ];
  }

  private proofOf({ maxTries, requiresTimeouts }: BudgetSettings): MeshProblem[] {
    const untimed = requiresTimeouts ? this.declared.filter(({ call }) => isOursToTime(call) && call.timeout === undefined) : [];
    const links = this.links();
    return [
      ...untimed.map(({ site, call }) => site.in('timeout').problem('MissingProperty', 'is required by the mesh\'s Budgets', call.timeout,
        'Say how long an answer may take; of a stream, how long it may live.')),
      ...shortTimeouts(links),
      ...multipliedRetries(links, maxTries),
    ];
  }

  /** Over UDP nobody waits for an answer. */
  private links(): Link[] {
    const links = this.declared.filter(({ call }) => !call.port._isUdp).map(({ site, from, call }) => ({
      site,
      from,
      to: call.server.path,
      starts: call.chain?._starts ?? false,
      ends: call.chain?._ends ?? false,
      key: [from, call.server.path, callKey(call)].join('\u0000'),
      ...budgetOf(call),
    }));
    return links.sort((a, b) => compare(a.key, b.key));
  }
}

/** What another app routes, and those whom it describes, have timeouts that are its to say. */
function isOursToTime({ port, client, server }: Call): boolean {
  return port._isHttp && !client.elsewhere && !server.routedElsewhere;
}
