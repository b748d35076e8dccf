import * as fs from 'node:fs';
import * as path from 'node:path';
import { ERROR_CODES } from '../../src/diagnostics/error-codes';

/** docs/errors.md, which nobody writes by hand. */
export const ERRORS_PAGE = path.join(__dirname, '../../docs/errors.md');

export function renderErrorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [
    '# Errors',
    '',
    'A wrong input fails at once: in the constructor where the value alone is wrong, at synth where only the whole app shows it.',
    'Each message names the construct, the property, the value that was received and what to write instead, and ends with a code:',
    '',
    '```',
    'shop/orders: ports[0].port must be a whole number from 1 to 65535, got 0. Use the port to which the clients connect. [InvalidPort]',
    '```',
    '',
    '`MeshErrors.problemsOf(caught)` gives a JavaScript or TypeScript program the same in parts. The codes are stable.',
    '',
    '| code | what is wrong |',
    '| --- | --- |',
    ...rows,
    '',
    'This page is written by `npm run docs:errors` from the table in `src/diagnostics/error-codes.ts`.',
    '',
  ].join('\n');
}

if (require.main === module) {
  fs.writeFileSync(ERRORS_PAGE, renderErrorsPage());
}
