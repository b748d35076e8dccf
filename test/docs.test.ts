import * as fs from 'node:fs';
import { ERRORS_PAGE, renderErrorsPage } from './support/errors-page';

test('docs/errors.md lists the errors that there are', () => {
  expect(fs.readFileSync(ERRORS_PAGE, 'utf8')).toBe(renderErrorsPage()); // npm run docs:errors
});
