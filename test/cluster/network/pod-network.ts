import * as fs from 'node:fs';
import { shell } from '../machine/process';

/** The addresses of the cluster. */
export const ADDRESSES = {
  /** etcd, the API server and istiod. */
  controlPlane: '10.244.0.1',
  /** The node itself: where probes come from. */
  node: '10.244.0.2',
  dns: '10.244.0.10',
  serviceRange: '10.96.0.0/16',
  dnsService: '10.96.0.10',
};

const GATEWAY = '169.254.1.1';

/**
 * Every pod is a network namespace behind a routed pair of veth devices, as with Calico: the pod has a /32 address and
 * a default route to a link-local gateway, the node has a /32 route per pod. So each packet between two pods passes the
 * node's forward hook, where NetworkPolicies are enforced; over a bridge it would not.
 */
export class PodNetwork {
  private next = 256; // 10.244.1.0 on; 10.244.0.0/24 is the cluster's own
  private nextDevice = 0;
  private readonly links = new Map<string, { device: string; address: string }>();

  /** Prepares the node's own side, in the network namespace of this process. */
  public async prepare(): Promise<void> {
    fs.mkdirSync('/run/netns', { recursive: true });
    await shell(`
      ip link set lo up
      ip addr add ${ADDRESSES.node}/32 dev lo
      # So that the node's own connections to a Service get as far as the output hook, which sends them on.
      ip route add ${ADDRESSES.serviceRange} dev lo src ${ADDRESSES.node}
      echo 1 > /proc/sys/net/ipv4/ip_forward
      # Replies to a connection that was sent on to another pod, and many devices with one address.
      for conf in all default; do echo 0 > /proc/sys/net/ipv4/conf/$conf/rp_filter; done
    `);
  }

  public podAddress(): string {
    while ([0, 255].includes(this.next % 256)) this.next++;
    const n = this.next++;
    return `10.244.${Math.floor(n / 256)}.${n % 256}`;
  }

  /** An address that is nobody's in the cluster, for what a ServiceEntry stands for: of the ranges for documentation. */
  public outsideAddress(): string {
    const used = new Set([...this.links.values()].map((link) => link.address));
    for (const range of ['203.0.113', '198.51.100', '192.0.2']) {
      for (let n = 1; n < 255; n++) {
        if (!used.has(`${range}.${n}`)) return `${range}.${n}`;
      }
    }
    throw new Error('more hosts outside than addresses for them');
  }

  public async add(name: string, address: string): Promise<void> {
    const device = `pod${this.nextDevice++}`;
    this.links.set(name, { device, address });
    await shell(`
      ip netns add ${name}
      ip link add ${device} type veth peer name eth0 netns ${name}
      ip addr add ${GATEWAY}/32 dev ${device}
      ip link set ${device} up
      ip route add ${address}/32 dev ${device} src ${ADDRESSES.node}
      ip -n ${name} -batch - <<END
link set lo up
addr add ${address}/32 dev eth0
link set eth0 up
route add ${GATEWAY} dev eth0 scope link
route add default via ${GATEWAY} dev eth0
END
      # What is no pod, such as a host outside, listens where it likes.
      nsenter --net=/run/netns/${name} sh -c 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start'
    `);
  }

  public async remove(name: string): Promise<void> {
    const link = this.links.get(name);
    this.links.delete(name);
    if (link) await shell(`ip link del ${link.device} 2>/dev/null || true; ip netns del ${name} || true`);
  }
}
