import * as kplus from 'cdk8s-plus-28';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'escalate', 'impersonate'];

/**
 * What may be done to one kind of Kubernetes object.
 *
 * Kubernetes: `Role.rules`.
 */
@checked
export class Permission {
  /**
   * Named verbs.
   *
   * @param verbs such as `get` and `list`; never `*`.
   * @param resource a kind, or one object of it.
   *
   * @example
   * Permission.of(['get', 'list'], kplus.ApiResource.SECRETS);
   */
  public static of(verbs: string[], resource: kplus.IApiResource): Permission {
    return new Permission([...verbs], resource);
  }

  /**
   * To get, list and watch.
   *
   * @param resource a kind, or one object of it.
   *
   * @example
   * Permission.read(kplus.ApiResource.CONFIG_MAPS);
   */
  public static read(resource: kplus.IApiResource): Permission {
    return new Permission(['get', 'list', 'watch'], resource);
  }

  private constructor(private readonly verbs: string[], private readonly resource: kplus.IApiResource) {}

  /** @internal */
  public _check(site: Site): void {
    if (this.verbs.length === 0) {
      site.in('verbs').fail('EmptyList', 'must not be empty', this.verbs, `Use one or more of ${VERBS.join(', ')}.`);
    }
    this.verbs.forEach((verb, index) => {
      if (!VERBS.includes(verb)) {
        site.in('verbs').at(index).fail('InvalidVerb', 'must be a verb of Kubernetes', verb, `A role says each thing that it allows: use one of ${VERBS.join(', ')}.`);
      }
    });
    if (this.resource.resourceType.includes('*') || this.resource.apiGroup.includes('*')) {
      site.in('resource').fail('WildcardResource', 'must be one kind', this.resource.resourceType, 'Name the kind: kplus.ApiResource.CONFIG_MAPS, or kplus.ApiResource.custom().');
    }
  }

  /** @internal */
  public _addTo(role: kplus.Role): void {
    role.allow(this.verbs, this.resource);
  }
}
