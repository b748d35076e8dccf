import { ApiObject, App, Chart, Lazy } from 'cdk8s';
import * as fc from 'fast-check';
import { OTHER, plainData, plainMetadata } from '../src/manifests/plain-data';

function objectOf(props: { metadata?: any; spec?: any }): ApiObject {
  return new ApiObject(new Chart(new App(), 'all'), 'one', { apiVersion: 'v1', kind: 'One', ...props });
}

const keys = fc.oneof(fc.string().filter(key => key !== '__proto__'), fc.constantFrom('a', 'b', 'ä', '10', '9', 'ｚ', '😀'));
const dictionary = <T>(value: fc.Arbitrary<T>, maxKeys = 5) => fc.dictionary(keys, value, { maxKeys, noNullPrototype: true });
const leaves = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined), fc.constant(null));
const values: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 4 }, leaves, fc.array(tie('value'), { maxLength: 3 }), dictionary(tie('value')), tie('value').map(value => Lazy.any({ produce: () => value }))),
})).value;

/** The text, for keys have their order too. */
const text = (value: unknown) => JSON.stringify(value);

describe('in one walk', () => {
  test('data are as cdk8s writes them', () => {
    fc.assert(fc.property(dictionary(values), spec => expect(text(plainData(spec))).toBe(text(objectOf({ spec }).toJson().spec))));
  });

  test('many keys are in order, too', () => {
    fc.assert(fc.property(dictionary(leaves, 60), spec => expect(text(plainData(spec))).toBe(text(objectOf({ spec }).toJson().spec))));
  });

  test('metadata are as cdk8s writes them', () => {
    const texts = dictionary(fc.string());
    const names = { name: fc.string({ minLength: 1 }), namespace: fc.string() };
    const heads = fc.record({ ...names, labels: texts, annotations: texts, finalizers: fc.array(fc.string()), more: values }, { requiredKeys: [] });
    fc.assert(fc.property(heads, texts, (head, later) => {
      const { metadata } = objectOf({ metadata: head });
      Object.entries(later).forEach(([key, value]) => metadata.addLabel(key, value));

      const written = text(metadata.toJson());
      metadata.toJson = () => 'asked of cdk8s';

      expect(text(plainMetadata(metadata))).toBe(written);
    }));
  });
});

test('what is no data is for cdk8s to refuse', () => {
  expect([plainData({ a: [() => 1] }), plainData({ a: { b: new Map() } })]).toEqual([OTHER, OTHER]);
});

test('metadata that are kept in another way are for cdk8s to write', () => {
  jest.isolateModules(() => {
    const another = jest.requireActual('cdk8s');
    another.ApiObjectMetadataDefinition.prototype.toJson = () => ({ another: 'way' });
    const { metadata } = new another.ApiObject(new another.Chart(new another.App(), 'all'), 'one', { apiVersion: 'v1', kind: 'One' });

    expect(jest.requireActual('../src/manifests/plain-data').plainMetadata(metadata)).toEqual({ another: 'way' });
  });
});
