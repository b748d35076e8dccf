import { Yaml } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * The content of a file, written from values in place of text: what a program's language knows is no text to be glued
 * together.
 */
@checked
export class ConfigurationFile {
  /**
   * As JSON, indented by two spaces.
   *
   * Throws `InvalidConfiguration` for what JSON cannot say: a value that is not set, a function, a number that is none.
   *
   * @param content maps, lists, texts, numbers, truth values and null.
   *
   * @example
   * Configuration.files('/etc/orders', { 'orders.json': ConfigurationFile.json({ currency: 'EUR', limits: [10, 100] }) });
   */
  public static json(content: any): string {
    checkContent(Site.named('ConfigurationFile.json', 'content'), content);
    return `${JSON.stringify(content, undefined, 2)}\n`;
  }

  /**
   * As YAML. Texts that YAML 1.1 would read as something else, such as `on`, stand between quotes.
   *
   * Throws `InvalidConfiguration`, as `json` does.
   *
   * @param content maps, lists, texts, numbers, truth values and null.
   *
   * @example
   * Configuration.files('/etc/orders', { 'orders.yaml': ConfigurationFile.yaml({ currency: 'EUR', limits: [10, 100] }) });
   */
  public static yaml(content: any): string {
    checkContent(Site.named('ConfigurationFile.yaml', 'content'), content);
    return Yaml.stringify(content);
  }

  private constructor() {}
}

/** JSON would leave out what is not set, and write null for a number that is none. */
function checkContent(site: Site, value: unknown, within: object[] = []): void {
  const refuse = (received = value) => site.fail('InvalidConfiguration', 'must be a map, a list, a text, a number, a truth value or null', received,
    'Leave it out, or look where the value comes from if it is not set.');
  if (typeof value !== 'object' || value === null) {
    if (value !== null && !['string', 'boolean'].includes(typeof value) && !Number.isFinite(value)) {
      refuse();
    }
    return;
  }
  if (within.includes(value)) {
    refuse('a circle');
  }
  if (!Array.isArray(value) && !isMap(value)) {
    refuse();
  }
  const inside = [...within, value];
  if (Array.isArray(value)) {
    value.forEach((item, index) => checkContent(site.at(index), item, inside));
  } else {
    Object.entries(value).forEach(([key, item]) => checkContent(site.in(key), item, inside));
  }
}

/** Of no class: what other languages hand over has an `Object` of its own. */
function isMap(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
