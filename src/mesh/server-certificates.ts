import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { certificate } from '../manifests/cert-manager';
import { GatewayServer } from '../traffic/gateway-server';
import { ServerCertificate } from '../traffic/server-certificate';
import { objectLabels } from '../workload/labels';

/**
 * Writes what cert-manager is to issue: one Certificate for each Secret, for all the hosts of the servers that have it.
 *
 * @param namespace of the gateway's pods: istiod takes Secrets from nowhere else (istio/istio pilot/pkg/xds/sds.go, filterAuthorizedResources).
 */
export function writeCertificates(scope: Construct, graph: MeshGraph, servers: GatewayServer[], namespace: string, gateway: string): void {
  const wanted = new Map<string, { certificate: ServerCertificate; site: Site; hosts: string[] }>();
  servers.forEach((server, index) => {
    const site = Site.of(scope, 'servers').at(index).in('certificate');
    const { _certificate: asked, _hosts: hosts } = server;
    if (!asked?._toManifest(site, [])) {
      return;
    }
    const name = asked._credentialName(site);
    const known = wanted.get(name);
    if (known && JSON.stringify(known.certificate._toManifest(site, [])) !== JSON.stringify(asked._toManifest(site, []))) {
      site.fail('DuplicateName', 'must say the same as the other server\'s certificate of its name', name, 'Give both servers one ServerCertificate, or another name.');
    }
    wanted.set(name, { certificate: asked, site, hosts: [...known?.hosts ?? [], ...hosts] });
  });
  servers.forEach(({ _certificate: given }, index) => {
    const site = Site.of(scope, 'servers').at(index).in('certificate');
    const name = given?._credentialName(site);
    if (name !== undefined && wanted.has(name) && !given!._toManifest(site, [])) {
      site.fail('DuplicateName', 'must be that which cert-manager is asked for: it would not be valid for the hosts of this server', name, 'Give both servers one ServerCertificate, or another name.');
    }
  });
  for (const [name, { certificate: asked, site, hosts }] of wanted) {
    graph.claim(site, ['Certificate', 'Secret'], namespace, name, scope.node.path);
    const dnsNames = [...new Set(hosts)].sort(compare);
    certificate(scope, `certificate-${name}`, { name, namespace, labels: objectLabels(gateway) }, asked._toManifest(site, dnsNames)!);
  }
}
