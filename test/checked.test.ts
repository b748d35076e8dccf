import * as fs from 'node:fs';
import * as path from 'node:path';
import { inspect } from 'node:util';
import { App, Duration } from 'cdk8s';
import * as api from '../src';
import { CircuitBreaker, ExternalService, MeshErrors, MeshPort, MeshService, Percent, Retries, RetryOn } from '../src';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';
import { describedType, propertiesOf, TypeDescription, ValueDescription } from '../src/diagnostics/assembly';
import { registeredNames } from '../src/diagnostics/type-fit';

const ASSEMBLY: { types: { [fqn: string]: TypeDescription & { abstract?: boolean } } } = JSON.parse(fs.readFileSync(path.join(__dirname, '../.jsii'), 'utf8'));
const TYPES = Object.values(ASSEMBLY.types);

/** Nothing that any property takes. */
const NONSENSE = Symbol('nonsense');

/** Every public way into the library: what it is called, what it takes, and how it is called with given arguments. */
const ENTRANCES = TYPES.filter(({ kind }) => kind === 'class').flatMap((type) => {
  const exported = (api as any)[type.name];
  const constructor = type.initializer?.parameters && !type.abstract
    ? [{ name: `new ${type.name}()`, parameters: type.initializer.parameters, call: (args: unknown[]) => new exported(...args) }] : [];
  const methods = (type.methods ?? []).filter(({ parameters, name }) => parameters && name !== 'toString').map(method => ({
    name: `${type.name}.${method.name}()`,
    parameters: method.parameters!,
    call: (args: unknown[]) => method.static
      ? exported[method.name](...args) : exported.prototype[method.name].apply(Object.create(exported.prototype), args),
  }));
  return [...constructor, ...methods];
});

function problemsWith(entrance: typeof ENTRANCES[0], index: number, value: unknown) {
  const error = (() => {
    try {
      entrance.call(entrance.parameters.map((_, other) => other === index ? value : undefined));
      return undefined;
    } catch (caught) {
      return caught;
    }
  })();
  return MeshErrors.problemsOf(error);
}

const structOf = ({ type }: ValueDescription) => {
  const described = type.fqn === undefined ? undefined : describedType(type.fqn);
  return described?.datatype ? described : undefined;
};

test('there are as many ways in as one would think', () => {
  expect(ENTRANCES.length).toBeGreaterThanOrEqual(40);
});

test('every public class and enum takes part', () => {
  expect(TYPES.filter(({ kind, datatype }) => kind !== 'interface' || !datatype).map(({ name }) => name).filter(name => !registeredNames().includes(name))).toEqual([]);
});

describe.each(ENTRANCES)('$name', (entrance) => {
  const parameters = entrance.parameters.map((parameter, index) => ({ ...parameter, index })).filter(({ type }) => type.primitive !== 'any');

  test('tells a parameter of another type from a good one', () => {
    for (const { name, index } of parameters) {
      const codes = problemsWith(entrance, index, NONSENSE).filter(({ property }) => property.split('.').pop() === name).map(({ code }) => code);
      expect({ name, codes }).toEqual({ name, codes: ['WrongType'] });
    }
  });

  test('tells a required parameter that is missing', () => {
    for (const { name, index, optional, ...rest } of parameters) {
      const struct = structOf(rest as ValueDescription);
      const required = struct && propertiesOf(struct).some(property => !property.optional) ? [] : [name];
      const told = problemsWith(entrance, index, undefined).filter(({ code, property }) => code === 'MissingProperty' && property.split('.').pop() === name);
      expect({ name, told: told.length }).toEqual({ name, told: optional ? 0 : required.length });
    }
  });

  test('tells properties of another type, missing and unknown ones', () => {
    for (const { index, ...parameter } of parameters) {
      const struct = structOf(parameter);
      if (!struct) {
        continue;
      }
      const properties = propertiesOf(struct).filter(({ type }) => type.primitive !== 'any');
      const given = Object.fromEntries(properties.map(({ name }) => [name, NONSENSE]));
      const last = (property: string) => property.split('.').pop();
      const wrong = problemsWith(entrance, index, given).filter(({ code }) => code === 'WrongType').map(({ property }) => last(property));
      expect(wrong).toEqual(expect.arrayContaining(properties.map(({ name }) => name)));
      const missing = problemsWith(entrance, index, {}).filter(({ code }) => code === 'MissingProperty').map(({ property }) => last(property));
      const required = properties.filter(property => !property.optional && !structOf(property)).map(({ name }) => name);
      expect(missing).toEqual(expect.arrayContaining(required));
      const [unknown] = problemsWith(entrance, index, { [`${properties[0].name}x`]: 1 }).filter(({ code }) => code === 'UnknownProperty');
      expect(unknown).toMatchObject({ received: '1', fix: expect.stringContaining(`Did you mean ${properties[0].name}?`) });
    }
  });
});

test.each(TYPES.filter(({ kind, initializer, abstract }) => kind === 'class' && (abstract || !initializer)).map(({ name }) => name))('no %s is made by its constructor', (name) => {
  expect(thrownBy(() => new (api as any)[name](3))).toEqual([expect.objectContaining({
    code: 'WrongType', path: name, property: `new ${name}()`, received: '[3]', fix: expect.stringMatching(/^Use (one of )?[A-Z]/),
  })]);
});

describe('the problems are told in the user\'s words', () => {
  const service = (props: any) => thrownBy(() => new MeshService(new World().shop, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)], ...props }));

  test('a misspelt property, with its right name', () => {
    expect(service({ circutBreaker: CircuitBreaker.consecutiveErrors(5) }).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^shop\/orders: circutBreaker is no property of MeshServiceProps, got a CircuitBreaker\. Did you mean circuitBreaker\? .* \[UnknownProperty\]$/),
    ]);
  });

  test('one port instead of a list', () => {
    expect(service({ ports: MeshPort.http(8080) })).toMatchObject([{
      code: 'WrongType', path: 'shop/orders', property: 'ports', received: 'a MeshPort', fix: 'Write it between brackets: [MeshPort, ...].',
    }]);
  });

  test('a number of a list that is no port', () => {
    expect(service({ ports: [8080] })).toMatchObject([{ property: 'ports[0]', received: '8080', fix: 'Use one of MeshPort.grpc(), MeshPort.grpcWeb(), MeshPort.http(), MeshPort.http2(), MeshPort.mongo(), MeshPort.mysql(), MeshPort.redis(), MeshPort.tcp(), MeshPort.tls(), MeshPort.udp().' }]);
  });

  test('what is required, with what it means', () => {
    expect(service({ image: undefined, ports: undefined })).toMatchObject([
      { code: 'MissingProperty', property: 'image', received: 'undefined', fix: expect.stringContaining('ghcr.io/acme/orders:1.4.2') },
    ]);
  });

  test('null is no value, and is not left out either', () => {
    expect(service({ replicas: null })).toMatchObject([{ code: 'WrongType', property: 'replicas', received: 'null' }]);
  });

  test('a property of cdk8s-plus, which would drop it', () => {
    expect(service({ resources: { cpu: { requests: 1 }, memory: '1Gi' } })).toMatchObject([
      { code: 'UnknownProperty', property: 'resources.cpu.requests', fix: expect.stringContaining('Did you mean request?') },
      { code: 'WrongType', property: 'resources.memory', received: '"1Gi"' },
    ]);
  });

  test('an option of a call', () => {
    const world = new World();
    const orders = world.service('orders');
    const frontend = world.service('frontend');

    expect(thrownBy(() => frontend.calls(orders, { timeout: 2000, retry: Retries.upTo(3) } as any))).toMatchObject([
      { code: 'UnknownProperty', path: 'shop/frontend', property: 'calls(orders).retry', fix: expect.stringContaining('Did you mean retries?') },
      { code: 'WrongType', path: 'shop/frontend', property: 'calls(orders).timeout', received: '2000', fix: expect.stringContaining('Duration.millis()') },
    ]);
  });

  test('an argument of a factory', () => {
    expect(thrownBy(() => Percent.of('5' as any))).toMatchObject([{ code: 'WrongType', path: 'Percent.of', property: 'value', received: '"5"' }]);
    expect(thrownBy(() => Retries.upTo(3, { on: ['gateway-eror' as any] }))).toMatchObject([{
      code: 'WrongType', path: 'Retries.upTo', property: 'on[0]', fix: expect.stringContaining('RetryOn.GATEWAY_ERROR'),
    }]);
  });

  test('a construct without its scope', () => {
    expect(thrownBy(() => new MeshService(undefined as any, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)] }))).toMatchObject([
      { code: 'MissingProperty', path: 'orders', property: 'scope' },
    ]);
  });
});

describe('what is good passes', () => {
  test('an optional property that is undefined, under an unknown name too', () => {
    new MeshService(new World().shop, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)], replicas: undefined, ...{ nothing: undefined } });
  });

  test('an enum by its value, as plain JavaScript writes it', () => {
    Retries.upTo(3, { on: ['gateway-error' as RetryOn] });
  });

  test('a class of the user\'s that extends one of ours', () => {
    class Payments extends ExternalService {
      constructor(scope: any) {
        super(scope, 'payments', { host: 'api.pay.example.com', ports: [MeshPort.tls(443)] });
      }
    }
    const world = new World();
    const payments = new Payments(world.shop);
    world.service('orders').calls(payments);

    expect(payments).toBeInstanceOf(ExternalService);
    expect(payments).toBeInstanceOf(Payments);
    expect(payments.constructor.name).toBe('Payments');
  });

  test('a Duration of another copy of cdk8s', () => {
    jest.isolateModules(() => {
      const other: typeof import('cdk8s') = jest.requireActual('cdk8s');
      expect(other.Duration).not.toBe(Duration);
      CircuitBreaker.consecutiveErrors(5, { interval: other.Duration.seconds(1) });
    });
  });
});

test('an uncaught error prints its message once', () => {
  const error = (() => { try { return new MeshService(new App(), 'orders', { image: 'orders:1' }); } catch (caught) { return caught; } })();
  const printed: string = inspect(error);

  expect(printed.startsWith('MeshError: ')).toBe(true);
  expect(printed.match(/namespace is not known/g)).toHaveLength(1);
  expect(printed).not.toContain('problems');
});

test('mistakes that show at synth are told together, however many checks find them', () => {
  const world = new World();
  const orders = world.service('orders', { replicas: 9 });
  orders.addRoute('testers', { match: [api.RouteMatch.headerPresent('x-user')], version: 'v9' });
  new api.ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 2 } });
  const problems = thrownBy(() => world.synth());

  expect(problems.map(({ code }) => code).sort()).toEqual(['QuotaTooSmall', 'UnknownVersion']);
});
