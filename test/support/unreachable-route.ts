import { WrongInput } from './wrong-input';
import { RouteMatch } from '../../src';

/** A route of whose requests an earlier one takes all. */
export function unreachable(mistake: string, earlier: RouteMatch, later: RouteMatch, received: string): WrongInput {
  return {
    mistake,
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('first', { match: [earlier], version: 'v1' });
      orders.addRoute('second', { match: [later], version: 'v1' });
      world.synth();
    },
    code: 'UnreachableRoute',
    path: 'shop/orders',
    property: 'route second',
    received,
    fix: ['narrower route first'],
  };
}
