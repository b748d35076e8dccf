import { Duration } from 'cdk8s';
import { RE2JS } from 're2js';
import { ErrorCode } from './error-codes';
import { Site } from './site';

/** A whole number within a range, both ends included. */
export function checkInteger(site: Site, value: number, min: number, max: number, code: ErrorCode, fix: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    site.fail(code, `must be a whole number from ${min} to ${max}`, value, fix);
  }
  return value;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * A DNS-1123 label. Services are DNS-1035 labels: they also start with a letter.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export function checkDnsLabel(site: Site, value: string, options: { letterFirst?: boolean; max?: number } = {}): string {
  const max = options.max ?? 63;
  if (typeof value !== 'string' || !DNS_LABEL.test(value) || (options.letterFirst && !/^[a-z]/.test(value))) {
    const start = options.letterFirst ? 'start with a letter' : 'start with a letter or digit';
    site.fail('InvalidName', 'must be a DNS label', value,
      `Use lower case letters, digits and '-', ${start} and end with a letter or digit.`);
  }
  checkSet(site, value);
  if (value.length > max) {
    site.fail('NameTooLong', `must be at most ${max} characters`, value, `Shorten it by ${value.length - max}.`);
  }
  return value;
}

/** DNS labels with dots between them: an object's name, a domain. */
export function checkDnsName(site: Site, value: string): string {
  if (value.length > 253 || !value.split('.').every(label => DNS_LABEL.test(label) && label.length <= 63)) {
    site.fail('InvalidName', 'must be DNS labels with dots between them', value, 'Use lower case letters, digits and \'-\' in each, start and end it with a letter or digit.');
  }
  checkSet(site, value);
  return value;
}

/** Whether a text was made of a variable that holds nothing: `orders-undefined`. */
function isUnset(text: string): boolean {
  return /(^|[^A-Za-z0-9])(undefined|null|NaN)($|[^A-Za-z0-9])/.test(text);
}

/** The same of a text that may be a script, or speak of such values: `postgres://undefined:5432`, `--region=undefined`. */
export function isWhollyUnset(text: string): boolean {
  return /^NaN$|^(\S*[/:@=.,-])?undefined([/:@.,?&-]\S*)?$/.test(text);
}

/** No key of an object: to write to it changes what the object inherits, and cdk8s would drop it without a word. */
export const UNKEPT = '__proto__';

export function checkKept(site: Site, name: string): void {
  if (name === UNKEPT) {
    site.fail('InvalidName', 'must not be __proto__, which JavaScript has of every object', name, 'Give it another name.');
  }
}

export function checkSet(site: Site, value: string): void {
  if (isUnset(value)) {
    site.fail('UnsetValue', 'must not be made of a value that is not set', value, 'Look where the text is put together: the variable or the environment was empty.');
  }
}

/** A fully qualified domain name, or with `wildcard` all names below one. */
export function checkHostname(site: Site, value: string, { wildcard = false } = {}): string {
  const labels = typeof value === 'string' ? value.replace(wildcard ? /^\*\./ : '', '').split('.') : [];
  if (labels.length < 2 || value.length > 253 || !labels.every(label => DNS_LABEL.test(label) && label.length <= 63)
    || /^[0-9.]+$/.test(value)) {
    const capital = typeof value === 'string' && value.split('.').length > 1 && /^[A-Za-z0-9.-]*$/.test(value) && /[A-Z]/.test(value);
    site.fail('InvalidHost', 'must be a fully qualified domain name', value, capital ? `Write it in small letters: ${value.toLowerCase()}.` : 'Write the name alone, such as api.example.com: no scheme, port, path or address.');
  }
  checkSet(site, value);
  return value;
}

/** A label value: at most 63 characters, letters, digits, '-', '_' and '.'. */
export function checkLabels(site: Site, labels: { [key: string]: string }): { [key: string]: string } {
  if (Object.keys(labels).length === 0) {
    site.fail('InvalidLabels', 'must name at least one label', labels, 'Write the labels that the pods carry: without one every pod of the namespace would be meant.');
  }
  for (const [key, value] of Object.entries(labels)) {
    if (!/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(key) || !/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(value)) {
      site.fail('InvalidLabels', 'must be Kubernetes labels', { [key]: value }, 'Use letters, digits, \'-\', \'_\' and \'.\', at most 63 of them, without wildcards or commas.');
    }
  }
  return labels;
}

/** The key of an annotation: that of a label. */
export function checkAnnotation(site: Site, key: string): void {
  if (!/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(key)) {
    site.fail('InvalidLabels', 'must have the key of an annotation', key, 'Use letters, digits, \'-\', \'_\' and \'.\', at most 63, behind a domain and a slash if you like: acme.example/team.');
  }
}

/** What is longer is a mistake in the unit; Istio and Envoy know no more than some 290 years. */
const LONGEST_DURATION = 10 * 365 * 86_400_000;

/** A duration as Istio takes it: whole milliseconds, from one to ten years. */
export function checkDuration(site: Site, value: Duration): string {
  const milliseconds = value.toMilliseconds({ integral: false });
  if (!Number.isInteger(milliseconds) || milliseconds < 1) {
    site.fail('InvalidDuration', 'must be a whole number of milliseconds and at least 1', `${milliseconds}ms`, 'Use Duration.millis() or Duration.seconds() with a positive value.');
  }
  if (milliseconds > LONGEST_DURATION) {
    site.fail('InvalidDuration', 'must be at most ten years', `${milliseconds / 1000}s`, 'Write the time that is meant: Duration.hours(1), Duration.days(30).');
  }
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/** What of an expression is about one character: a hexadecimal or octal number, a class of Unicode, or the character itself. */
// eslint-disable-next-line no-control-regex
const CHARACTERS = /\\(?:x\{([0-9A-Fa-f]+)\}|[pP]\{\^?(\w+)\}|[4-7][0-7]{2}|[\s\S])|[^\u0000-\u007f]/g;

/** Those of which a byte can be a part: what has one or two letters is a category, and not a script. */
const BYTES = /^([A-Z][a-z]?|Any|Latin|Common)$/;

/**
 * What stands in an expression for a character above those of Latin-1, in which Envoy's RE2 runs: it refuses all routes of a proxy for the number of
 * one, and compares one that is written out with the first of its bytes.
 *
 * Upstream: envoyproxy/envoy source/common/common/regex.cc; of \x{100} Envoy 1.39 says "invalid escape sequence".
 */
function beyondBytes(pattern: string): string | undefined {
  const isBeyond = (text: string, code?: string, group?: string) => (
    code !== undefined ? parseInt(code, 16) > 0xFF : group !== undefined ? !BYTES.test(group) : !text.startsWith('\\') || text.length > 2);
  return [...pattern.matchAll(CHARACTERS)].find(([text, code, group]) => isBeyond(text, code, group))?.[0];
}

/** A regular expression in the syntax of RE2, which Envoy compiles. */
export function checkRegex(site: Site, value: string): string {
  const beyond = beyondBytes(value);
  if (beyond !== undefined) {
    site.fail('InvalidRegex', `must be of ASCII characters: Envoy compares byte by byte, and ${beyond} is none`, value,
      'Write what the request has: %D0%B0 in a path or a query, and in a header the bytes of UTF-8, such as \\xd0\\xb0.');
  }
  try {
    if (value.length === 0 || value.length > 1024) {
      throw new Error('must have 1 to 1024 characters');
    }
    RE2JS.compile(value);
  } catch (error) {
    site.fail('InvalidRegex', `must be a regular expression of RE2 (${(error as Error).message})`, value, 'RE2 has no look-around and no back references: https://github.com/google/re2/wiki/Syntax.');
  }
  return value;
}

/** Values that must differ from each other. */
export function checkUnique(site: Site, values: string[], code: ErrorCode, fix: string): void {
  const twice = values.findIndex((value, index) => values.indexOf(value) !== index);
  if (twice >= 0) {
    site.at(twice).fail(code, `must be unique: [${values.indexOf(values[twice])}] is the same`, values[twice], fix);
  }
}
