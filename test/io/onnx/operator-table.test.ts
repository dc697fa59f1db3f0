import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { operatorTable } from './operator-table.js';

test('the table of docs/onnx.md says which operators are read where', () => {
  const path = fileURLToPath(new URL('../../../docs/onnx.md', import.meta.url));
  const [, section] = readFileSync(path, 'utf8').split('\n## Will my file run?\n');
  expect(section.split('\n## ')[0]).toContain(`\n${operatorTable()}\n`);
});
