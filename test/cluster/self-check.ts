import * as assert from 'node:assert/strict';
import { expectApplied } from './api/apply';
import { Manifest } from './api/client';
import { EchoResult } from './programs/echo';
import { connect } from './remote';

/**
 * Checks the cluster itself, with manifests of its own: injection under Pod Security, mutual TLS, identities, routes,
 * the firewall, a host outside, and the end of it all.
 *
 *   ts-node test/cluster/run.ts --script test/cluster/self-check.ts
 */
async function main(): Promise<void> {
  const cluster = await connect();
  let mark = Date.now();
  const done = (what: string) => {
    console.log(`${((Date.now() - mark) / 1000).toFixed(1).padStart(6)} s  ${what}`);
    mark = Date.now();
  };

  const applied = expectApplied(await cluster.apply(application()));
  assert.deepEqual(applied.flatMap((result) => result.warnings), []);
  assert.deepEqual(await cluster.analyze(application()), []);
  done('applied without a warning, and analyzed');
  const pods = await cluster.podsReady();
  assert.equal(pods.filter((pod) => pod.hasProxy).length, 4);
  done(`${pods.length} pods ready`);
  await cluster.settled();
  done('settled');

  const declared = await cluster.send('shop/frontend', [{ url: 'http://orders:8080/orders/1', count: 400, concurrency: 4 }]);
  assert.deepEqual([...new Set(declared.map((result) => result.status))], [200]);
  const second = declared.filter((result) => result.echo?.version === 'v2').length;
  assert.ok(second > 45 && second < 125, `v2 answered ${second} of 400, not about 80`);
  done(`400 requests: ${400 - second} to v1, ${second} to v2`);

  expectStatus('a method that is not allowed', await cluster.send('shop/frontend', [{ url: 'http://orders:8080/orders/1', method: 'DELETE' }]), 403);
  expectStatus('an identity that is not allowed', await cluster.send('other/stranger', [{ url: 'http://orders.shop:8080/orders/1' }]), 403);
  const [plaintext] = await cluster.send('plain/plain', [{ url: 'http://orders.shop:8080/orders/1' }]);
  assert.equal(plaintext.status, 0, 'plaintext must be refused');
  assert.match(plaintext.error ?? '', /reset|EOF/);
  done(`403, 403, and "${plaintext.error}" for plaintext`);

  const log = await cluster.accessLog('shop/frontend');
  assert.ok(log.length >= 400, `the access log has ${log.length} lines`);
  const seen = (await Promise.all(pods.filter((pod) => pod.workload.startsWith('orders')).map((pod) => cluster.requests(`shop/${pod.name}`)))).flat();
  assert.equal(seen.filter((request) => request.path === '/orders/1').length, 400);
  done('access log and request log are complete');

  expectStatus('a host outside', await cluster.send('shop/frontend', [{ url: 'http://api.payments.example/v1/charge' }]), 200);
  assert.equal((await cluster.requests('api.payments.example')).length, 1);
  done('a host outside answers');
  const [overTls] = await cluster.send('shop/frontend', [{ protocol: 'https', url: 'https://api.payments.example/v1/charge' }]);
  expectStatus('a host outside, over TLS', [overTls], 200);
  assert.deepEqual([overTls.echo?.pod, overTls.echo?.serverName], ['api.payments.example', 'api.payments.example']);
  const [undeclared] = await cluster.send('other/stranger', [{ protocol: 'https', url: 'https://api.payments.example/v1/charge' }]);
  assert.equal(undeclared.status, 0, `nobody declared it to this one: ${JSON.stringify(undeclared)}`);
  assert.equal((await cluster.requests('api.payments.example')).length, 2);
  done(`a host outside answers over TLS, and "${undeclared.error}" for whom it is not declared to`);

  expectApplied(await cluster.apply([networkPolicy()]));
  await cluster.settled();
  // Without a proxy, because a proxy may still have a connection, and those live on: where STRICT mutual TLS resets an
  // accepted connection, the firewall does not let it come into being.
  const [cut] = await cluster.send('plain/plain', [{ url: 'http://orders.shop:8080/orders/1', timeoutMs: 3000 }]);
  assert.match(cut.error ?? '', /refused/, `the firewall refuses what is not declared: ${JSON.stringify(cut)}`);
  expectStatus('what the firewall lets through', await cluster.send('shop/frontend', [{ url: 'http://orders:8080/orders/1' }]), 200);
  done('a NetworkPolicy is enforced');

  const refused = await cluster.apply([{ ...application()[0], metadata: { name: 'shop' }, spec: { unknown: 1 } }, { ...virtualService(), spec: { hosts: [], http: [] } }]);
  assert.deepEqual(refused.map((result) => result.ok), [false, false]);
  done('refusals are reported');

  await cluster.reset();
  assert.deepEqual(await cluster.pods(), []);
  done('reset');
}

function expectStatus(what: string, results: EchoResult[], status: number): void {
  assert.deepEqual(results.map((result) => result.status), [status], `${what}: ${JSON.stringify(results[0])}`);
}

function application(): Manifest[] {
  const istio = { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'latest' };
  return [
    namespace('shop', istio), namespace('other', istio), namespace('plain', {}),
    ...['frontend', 'orders'].map((name) => serviceAccount('shop', name)), serviceAccount('other', 'stranger'), serviceAccount('plain', 'plain'),
    service('shop', 'frontend'), service('shop', 'orders'), service('other', 'stranger'),
    deployment('shop', 'frontend', 'frontend', 'v1'), deployment('shop', 'orders', 'orders', 'v1'), deployment('shop', 'orders-v2', 'orders', 'v2'),
    deployment('other', 'stranger', 'stranger', 'v1'), deployment('plain', 'plain', 'plain', 'v1'),
    ...['shop', 'other'].map((name) => ({
      apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'default', namespace: name }, spec: { mtls: { mode: 'STRICT' } },
    })),
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'orders', namespace: 'shop' },
      spec: {
        selector: { matchLabels: { app: 'orders' } },
        action: 'ALLOW',
        rules: [{
          from: [{ source: { principals: ['cluster.local/ns/shop/sa/frontend'] } }],
          to: [{ operation: { methods: ['GET'], paths: ['/orders/*'] } }],
        }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'orders', namespace: 'shop' },
      spec: { host: 'orders.shop.svc.cluster.local', subsets: ['v1', 'v2'].map((version) => ({ name: version, labels: { version } })) },
    },
    virtualService(),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'payments', namespace: 'shop' },
      spec: {
        hosts: ['api.payments.example'],
        location: 'MESH_EXTERNAL',
        resolution: 'DNS',
        exportTo: ['.'],
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }, { number: 443, name: 'tls', protocol: 'TLS' }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'default', namespace: 'other' },
      spec: { egress: [{ hosts: ['*/*'] }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
    },
  ];
}

function virtualService(): Manifest {
  const destination = (subset: string, weight: number) => ({ destination: { host: 'orders.shop.svc.cluster.local', subset }, weight });
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: { hosts: ['orders.shop.svc.cluster.local'], http: [{ route: [destination('v1', 80), destination('v2', 20)] }] },
  };
}

function networkPolicy(): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { app: 'orders' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'frontend' } } }], ports: [{ port: 'http' }] }],
    },
  };
}

function namespace(name: string, labels: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function serviceAccount(inNamespace: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: inNamespace }, automountServiceAccountToken: false };
}

function service(inNamespace: string, name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: inNamespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080, targetPort: 'http', appProtocol: 'http' }] },
  };
}

function deployment(inNamespace: string, name: string, app: string, version: string): Manifest {
  const labels = { app, version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: inNamespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: app,
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [{
            name: app,
            image: `example.com/${app}:${version}`,
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          }],
        },
      },
    },
  };
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
