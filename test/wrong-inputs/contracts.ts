import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { AppContract, ExistingWorkload, ImportedApp, VirtualMachine, VirtualMachineService } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'contracts-'));
process.on('exit', () => fs.rmSync(FOLDER, { recursive: true, force: true }));

const OFFER = { to: { namespace: 'shop', serviceAccount: 'cart' }, port: 'http', methods: ['GET'] };
const SERVICE = {
  name: 'stock', namespace: 'web', service: 'stock', podLabels: { app: 'stock' }, ports: [{ name: 'http', protocol: 'http', port: 80, targetPort: 8080 }], offers: [OFFER],
};
const CONTRACT = { format: 'cdk8s-mesh/contract/v1', app: 'web', version: 1, services: [SERVICE] };

/** What two apps promise each other. */
export const wrongContracts: WrongInput[] = [
  imported('a contract that is not there', undefined, 'file', 'commit it'),
  imported('a contract that is no JSON', '{', 'file', 'as the other app has written it'),
  imported('a contract of another format', '{"format":"v9","services":[]}', 'file', 'library that fits'),
  imported('a contract without services', `{"format":"${CONTRACT.format}"}`, 'file', 'AppContract'),
  {
    mistake: 'a service that the contract does not have',
    make: world => importedBy(world, 'unknown').service('basket'),
    code: 'InvalidContract',
    path: 'web',
    property: 'service(basket)',
    received: '"basket"',
    fix: ['web/stock'],
  },
  imported('a contract with machines at no address', JSON.stringify({ ...CONTRACT, services: [{ ...SERVICE, addresses: ['vm-1'] }] }), 'file', 'AppContract'),
  {
    mistake: 'a service of another app\'s pods, called by machines',
    make: world => new VirtualMachineService(world.shop, 'billing', { machines: [VirtualMachine.at('10.8.0.7')], serviceAccount: 'cart' })
      .calls(importedBy(world, 'by-machines').service('stock'), { methods: ['GET'] }),
    code: 'NotOffered',
    path: 'shop/billing',
    property: 'calls(web-stock)',
    received: '"web/web-stock"',
    fix: ['a service of this app'],
  },
  {
    mistake: 'a service of which the contract has two',
    make: world => importedBy(world, 'twice', { ...CONTRACT, services: [SERVICE, { ...SERVICE, namespace: 'other' }] }).service('stock'),
    code: 'InvalidContract',
    path: 'web',
    property: 'service(stock)',
    received: '"stock"',
    fix: ['web/stock, other/stock'],
  },
  {
    mistake: 'a contract of another version than the app was written for',
    make: world => importedBy(world, 'version', { ...CONTRACT, version: 2 }),
    code: 'ContractBroken',
    path: 'web',
    property: 'version',
    received: '1',
    fix: ['what has changed'],
  },
  {
    mistake: 'a call of more than the contract offers',
    make: world => world.service('cart').calls(importedBy(world, 'more').service('stock'), { methods: ['GET', 'DELETE'] }),
    code: 'NotOffered',
    path: 'shop/cart',
    property: 'calls(web-stock)',
    received: '{"port":"http","methods":["DELETE","GET"]}',
    fix: ['It offers', '"GET"'],
  },
  {
    mistake: 'a call of somebody to whom the contract offers nothing',
    make: world => world.service('orders').calls(importedBy(world, 'nobody').service('stock'), { methods: ['GET'] }),
    code: 'NotOffered',
    path: 'shop/orders',
    property: 'calls(web-stock)',
    received: '{"port":"http","methods":["GET"]}',
    fix: ['Ask the other app'],
  },
  imported('a contract of which a service is not whole', JSON.stringify({ ...CONTRACT, services: [{ ...SERVICE, ports: [] }] }), 'file', 'AppContract'),
  {
    mistake: 'a file that another app has written',
    make: (world) => {
      const file = path.join(FOLDER, 'other.json');
      fs.writeFileSync(file, JSON.stringify(CONTRACT));
      new AppContract(world.app, 'contract', { name: 'shop', file });
      world.synth();
    },
    code: 'ContractBroken',
    path: 'contract',
    property: 'file',
    received: JSON.stringify(path.join(FOLDER, 'other.json')),
    fix: ['file of its own'],
  },
  ...[
    {
      mistake: 'a folder as the file to write',
      make: (world: World) => {
        new AppContract(world.app, 'contract', { file: FOLDER });
        world.synth();
      },
    },
    { mistake: 'a folder as the file to read', make: (world: World) => new ImportedApp(world.app, 'contract', { file: FOLDER, version: 1 }) },
  ].map(each => ({ ...each, code: 'InvalidContract' as ErrorCode, path: 'contract', property: 'file', received: JSON.stringify(FOLDER), fix: ['shop.json'] })),
  {
    mistake: 'two contracts in one file',
    make: world => ['a', 'b'].forEach(name => new AppContract(world.app, name, { file: path.join(FOLDER, 'two.json') })),
    code: 'DuplicateName',
    path: 'b',
    property: 'file',
    received: JSON.stringify(path.join(FOLDER, 'two.json')),
    fix: ['another name'],
  },
  {
    mistake: 'version 0 of a contract',
    make: world => new AppContract(world.app, 'contract', { file: path.join(FOLDER, 'zero.json'), version: 0 }),
    code: 'InvalidContract',
    path: 'contract',
    property: 'version',
    received: '0',
    fix: ['from 1'],
  },
  {
    mistake: 'a promise that is taken back',
    make: (world) => {
      const file = path.join(FOLDER, 'promise.json');
      fs.writeFileSync(file, JSON.stringify({ ...CONTRACT, app: 'shop', services: [{ ...SERVICE, namespace: 'shop' }] }));
      new ExistingWorkload(world.app, 'cart', { namespace: 'shop' }).calls(world.service('stock'));
      new AppContract(world.app, 'contract', { name: 'shop', file });
      world.synth();
    },
    code: 'ContractBroken',
    path: 'contract',
    property: 'version',
    received: JSON.stringify(OFFER),
    fix: ['raise the version to 2'],
  },
];

function importedBy(world: World, name: string, contract: object = CONTRACT): ImportedApp {
  const file = path.join(FOLDER, `${name}.json`);
  fs.writeFileSync(file, JSON.stringify(contract));
  return new ImportedApp(world.app, 'web', { file, version: 1 });
}

function imported(mistake: string, text: string | undefined, property: string, fix: string): WrongInput {
  const file = path.join(FOLDER, `${mistake.replace(/ /g, '-')}.json`);
  return {
    mistake,
    make: (world) => {
      if (text !== undefined) {
        fs.writeFileSync(file, text);
      }
      return new ImportedApp(world.app, 'web', { file, version: 1 });
    },
    code: 'InvalidContract' as ErrorCode,
    path: 'web',
    property,
    received: JSON.stringify(file),
    fix: [fix],
  };
}
