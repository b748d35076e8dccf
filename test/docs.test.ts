import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { ERRORS_PAGE, renderErrorsPage } from './support/errors-page';

const ROOT = path.join(__dirname, '..');
const FIXTURE = fs.readFileSync(path.join(ROOT, 'rosetta/default.ts-fixture'), 'utf8');

test('docs/errors.md lists the errors that there are', () => {
  expect(fs.readFileSync(ERRORS_PAGE, 'utf8')).toBe(renderErrorsPage()); // npm run docs:errors
});

/** Rosetta compiles those of the docstrings and of the README. What they import is in the fixture. */
test('the snippets of docs/ compile', () => {
  const snippets = new Map(fs.readdirSync(path.join(ROOT, 'docs')).flatMap((page) => {
    const text = fs.readFileSync(path.join(ROOT, 'docs', page), 'utf8');
    return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, snippet], index): [string, string] => (
      [path.join(ROOT, `${page}.${index}.ts`), FIXTURE.replace('/// here', () => snippet.replace(/^import .*/gm, ''))]
    ));
  }));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = file => snippets.has(file) || fileExists.call(host, file);
  host.readFile = file => snippets.get(file) ?? readFile.call(host, file);
  host.getSourceFile = (file, version) => (
    snippets.has(file) ? ts.createSourceFile(file, snippets.get(file)!, version) : getSourceFile.call(host, file, version));
  const program = ts.createProgram([...snippets.keys()], options, host);

  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => (
    `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`));

  expect(problems).toEqual([]);
  expect(snippets.size).toBeGreaterThan(3);
}, 60_000);
