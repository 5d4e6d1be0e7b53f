import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './__fixtures__/documentation';
import { toRetryDelayTable } from './__fixtures__/retryDelays';

// Writes the parts of the reference that are made from code.
const path = join(root, 'docs/reference/task-options.md');
const made = /(<!-- made by make docs -->\n)[\s\S]*?(<!-- end -->)/;
const toSection = (_all: string, start: string, end: string): string =>
  `${start}${toRetryDelayTable()}\n${end}`;
writeFileSync(path, readFileSync(path, 'utf8').replace(made, toSection));
