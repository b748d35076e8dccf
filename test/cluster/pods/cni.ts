import { Manifest } from '../api/client';

const TRAFFIC = 'traffic.sidecar.istio.io';

/**
 * The capture that the Istio CNI plugin sets up for a pod, by the pod alone: its containers, labels, annotations and the proxy's environment.
 * Nothing for a pod that it leaves alone (istio: cni/pkg/plugin/plugin.go, doAddRun; sidecar_redirect.go, NewRedirect; sidecar_iptables_linux.go).
 */
export function capturedByPlugin({ metadata, spec }: Manifest): string[] | undefined {
  const { labels = {}, annotations = {} } = metadata;
  const containers: Manifest[] = [...spec.initContainers ?? [], ...spec.containers];
  const proxy = containers.find(({ name }) => name === 'istio-proxy');
  const inject = String(labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'] ?? '');
  const kind = proxy?.args?.[0] === 'proxy' ? proxy?.args[1] : 'sidecar';
  if (!proxy || kind !== 'sidecar' || ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(inject) || annotations['sidecar.istio.io/status'] === undefined
    || containers.some(({ name }) => name === 'istio-init')) {
    return undefined;
  }
  const traffic = (name: string, otherwise: string) => annotations[`${TRAFFIC}/${name}`] ?? otherwise;
  const environment = Object.fromEntries((proxy.env ?? []).map(({ name, value }: Manifest) => [name, value]));
  const excluded = [...traffic('excludeInboundPorts', '15020').split(',').filter(Boolean), '15020', '15021', '15090'];
  const { runAsUser = 1337, runAsGroup = 1337 } = proxy.securityContext ?? {};
  return [
    'istio-iptables', '-p', '15001', '-z', '15006', '-u', String(runAsUser || 1337), '-g', String(runAsGroup || 1337),
    '-m', annotations['sidecar.istio.io/interceptionMode'] ?? 'REDIRECT',
    '-i', traffic('includeOutboundIPRanges', '*'), '-x', traffic('excludeOutboundIPRanges', ''),
    '-b', traffic('includeInboundPorts', '*'), '-d', [...new Set(excluded)].join(','),
    '-q', traffic('includeOutboundPorts', ''), '-o', traffic('excludeOutboundPorts', '15020'),
    ...environment.ISTIO_META_DNS_CAPTURE === 'true' ? ['--redirect-dns', '--capture-all-dns'] : [],
  ];
}
