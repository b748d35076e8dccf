import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '../..');

/** An example of a page of docs/. */
export interface PageExample {
  /** The closest heading above it, without its link. */
  readonly heading: string;
  readonly code: string;
}

export function pages(): string[] {
  return fs.readdirSync(path.join(ROOT, 'docs')).filter(file => file.endsWith('.md'));
}

export function textOf(page: string): string {
  return fs.readFileSync(path.join(ROOT, 'docs', page), 'utf8');
}

/** The examples of a page, in their order. The fixture imports already what an example shows that it imports. */
export function examplesOf(page: string): PageExample[] {
  let heading = '';
  return [...textOf(page).matchAll(/^#+ (?<heading>.*)|^```ts\n(?<code>[^]*?)^```/gm)].flatMap(({ groups }) => {
    if (groups!.code === undefined) {
      heading = groups!.heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
      return [];
    }
    return [{ heading, code: groups!.code.replace(/^import .*\n/gm, '') }];
  });
}

/** What an example is compiled as: a body of a function, with what those of the docstrings have. */
export function programOf(code: string): string {
  return fs.readFileSync(path.join(ROOT, 'rosetta/default.ts-fixture'), 'utf8').replace('/// here', () => code);
}
