import { answered } from './matrix';
import { countBy, isShare } from './statistics';
import { ConnectedCluster } from '../../cluster/remote';

/** The first of its promises that the shop does not keep: its canary at 10%, and the retries of the cart. */
export async function brokenPromise(cluster: ConnectedCluster): Promise<string | undefined> {
  const get = { protocol: 'grpc' as const, url: 'orders.shop:50051', path: '/orders.v1.Orders/Get' };
  const split = await cluster.send('shop/frontend', [{ ...get, count: 600, concurrency: 4 }]);
  if (!split.every(answered)) {
    return `of 600 requests: ${JSON.stringify(countBy(split, result => `${result.status}/${result.grpcStatus}`))}`;
  }
  const canary = split.filter(({ echo }) => echo?.version === 'v2').length;
  if (!isShare(canary, 600, 10)) {
    return `${canary} of 600 requests to the canary`;
  }
  const [retried] = await cluster.send('shop/frontend', [{
    url: 'http://cart.shop:8080/cart/9', headers: { 'x-echo-fail': '2', 'x-echo-key': `cart-${Date.now()}` },
  }]);
  return answered(retried) ? undefined : `a GET that fails twice: ${retried.status}`;
}
