import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { ERRORS_PAGE, renderErrorsPage } from './support/errors-page';
import { examplesOf, pages, programOf } from './support/page-examples';

const ROOT = path.join(__dirname, '..');

test('docs/errors.md lists the errors that there are', () => {
  expect(fs.readFileSync(ERRORS_PAGE, 'utf8')).toBe(renderErrorsPage()); // npm run docs:errors
});

test('the examples of the pages compile, each with what those of the docstrings have', () => {
  const snippets = new Map(pages().flatMap(page => (
    examplesOf(page).map(({ code }, index): [string, string] => [path.join(ROOT, `${page}.${index}.ts`), programOf(code)]))));
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = file => snippets.get(file) ?? readFile(file);
  host.fileExists = file => snippets.has(file) || fileExists(file);
  host.getSourceFile = (file, language, ...rest) => (
    snippets.has(file) ? ts.createSourceFile(file, snippets.get(file)!, language) : getSourceFile(file, language, ...rest));
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([...snippets.keys()], options, host))
    .map(({ file, messageText }) => `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);

  expect(snippets.size).toBeGreaterThan(5);
  expect(problems).toEqual([]);
}, 60_000);
