import { answered } from './matrix';
import { countBy, isShare } from './statistics';
import { ConnectedCluster } from '../../cluster/remote';

/** What the shop promises of traffic besides who may ask: its canary at 10%, testers, and the retries of the cart. */
export async function brokenPromises(cluster: ConnectedCluster): Promise<string[]> {
  const broken: string[] = [];
  const get = { protocol: 'grpc' as const, url: 'orders.shop:50051', path: '/orders.v1.Orders/Get', newConnection: true };
  const split = await cluster.send('shop/frontend', [{ ...get, newConnection: false, count: 600, concurrency: 4 }]);
  const canary = split.filter(({ echo }) => echo?.version === 'v2').length;
  if (!split.every(answered)) {
    broken.push(`of 600 requests: ${JSON.stringify(countBy(split, result => `${result.status}/${result.grpcStatus}`))}`);
  }
  if (!isShare(canary, 600, 10)) {
    broken.push(`${canary} of 600 requests to the canary`);
  }
  const testers = countBy(await cluster.send('shop/frontend', [{ ...get, headers: { 'x-user': 'qa' }, count: 30 }]), ({ echo }) => echo?.version);
  if (testers.v2 !== 30) {
    broken.push(`testers: ${JSON.stringify(testers)}`);
  }
  const [retried] = await cluster.send('shop/frontend', [{ url: 'http://cart.shop:8080/cart/9', headers: { 'x-echo-fail': '2', 'x-echo-key': `cart-${Date.now()}` } }]);
  if (!answered(retried)) {
    broken.push(`a GET that fails twice: ${retried.status}`);
  }
  return broken;
}
