import { Size } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { VolumeClaimManifest } from '../manifests/kubernetes';

/**
 * Options for `VolumeClaim.of`.
 */
export interface VolumeClaimOptions {
  /**
   * The StorageClass.
   *
   * Kubernetes: `PersistentVolumeClaim.spec.storageClassName`.
   *
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
}

/**
 * A volume that each pod of a StatefulSet has for itself and finds again when it comes back.
 *
 * Kubernetes: `StatefulSet.spec.volumeClaimTemplates`.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates
 */
@checked
export class VolumeClaim {
  /**
   * A claim for one node at a time (`ReadWriteOnce`).
   *
   * @param name names the claims: `data` becomes `data-ledger-0`. A DNS label.
   * @param path where the container has it: an absolute directory.
   * @param size how much is claimed. Kubernetes lets it grow if the class does, and never shrink.
   *
   * @example
   * VolumeClaim.of('data', '/var/lib/ledger', Size.gibibytes(10), { storageClass: 'fast' });
   */
  public static of(name: string, path: string, size: Size, options: VolumeClaimOptions = {}): VolumeClaim {
    return new VolumeClaim(name, path, size, options);
  }

  private constructor(
    /** @internal */
    public readonly _name: string,
    /** @internal */
    public readonly _path: string,
    private readonly size: Size,
    private readonly options: VolumeClaimOptions,
  ) {}

  /** @internal */
  public _check(site: Site): void {
    checkDnsLabel(site.in('name'), this._name);
    if (!/^(\/[^/:]+)+$/.test(this._path) || /\/\.{1,2}(\/|$)/.test(this._path)) {
      site.in('path').fail('InvalidPath', 'must be an absolute directory below the root', this._path, 'Write it from the root, without a trailing slash: /var/lib/ledger.');
    }
    if (!/^[1-9]/.test(this.size.asString())) {
      site.in('size').fail('InvalidResources', 'must be more than nothing', this.size.asString(), 'Write Size.gibibytes(10), and look where the number comes from if it is not set.');
    }
    if (this.options.storageClass !== undefined) {
      checkDnsName(site.in('storageClass'), this.options.storageClass);
    }
  }

  /** @internal */
  public _toManifest(): VolumeClaimManifest {
    return {
      metadata: { name: this._name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: this.options.storageClass,
        resources: { requests: { storage: this.size.asString() } },
      },
    };
  }
}
