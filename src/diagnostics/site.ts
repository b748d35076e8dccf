import { Construct, IConstruct } from 'constructs';
import { ErrorCode } from './error-codes';
import { MeshError } from './mesh-error';
import { MeshProblem } from './mesh-problem';

/**
 * The place where a value was received: a construct and one of its properties.
 *
 * Value classes know no construct; they are handed the site at which they are bound, so that the error of a
 * value that is nested three levels deep still says where the user wrote it.
 */
export class Site {
  public static of(construct: IConstruct, property: string): Site {
    return new Site(construct.node.path || '(app)', property);
  }

  /** Of what is no construct yet, or none at all: a value class' factory. */
  public static named(path: string, property: string): Site {
    return new Site(path, property);
  }

  private constructor(public readonly path: string, public readonly property: string) {}

  /** The site of a property within this one's value. */
  public in(property: string): Site {
    return new Site(this.path, this.property === '' ? property : `${this.property}.${property}`);
  }

  /** The site of an element of this one's list. */
  public at(index: number): Site {
    return new Site(this.path, `${this.property}[${index}]`);
  }

  /**
   * @param problem what is wrong, to be read after the property's name: `must be from 1 to 65535`.
   * @param fix a sentence that says what to write instead.
   */
  public problem(code: ErrorCode, problem: string, received: unknown, fix: string): MeshProblem {
    const got = shown(received);
    return {
      code,
      path: this.path,
      property: this.property,
      received: got,
      fix,
      message: `${this.path}: ${this.property} ${problem}, got ${got}. ${fix} [${code}]`,
    };
  }

  public fail(code: ErrorCode, problem: string, received: unknown, fix: string): never {
    throw new MeshError([this.problem(code, problem, received, fix)]);
  }
}

function shown(value: unknown): string {
  if (['undefined', 'number', 'bigint', 'symbol'].includes(typeof value)) {
    return String(value); // JSON knows neither undefined nor NaN
  }
  return typeof value === 'function' || nameOf(value) ? replaced(value) : JSON.stringify(value, (_, part) => replaced(part));
}

/** Of what is more than data its name alone: a construct's fields lead to the whole app. */
function replaced(part: any): any {
  return typeof part === 'function' ? `the function ${part.name}` : nameOf(part) ?? part;
}

function nameOf(value: any): string | undefined {
  const type = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value)?.constructor : undefined;
  if (type === undefined || type === Object || type === Array) {
    return undefined;
  }
  return Construct.isConstruct(value) ? value.node.path : `a ${type.name}`;
}
