// Finds lines of code that are longer than 100 columns: node .ci/lines.mjs --help
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { root } from './inventory.mjs';

const columns = 100;

new Command('node .ci/lines.mjs')
  .description(
    `Prints the lines of code and comments that are longer than ${columns} columns; the exit ` +
      'code is 1 if there are any. In tests, a name or an expected message may make a line ' +
      'longer. Lengths of functions and files are rules in .biome.json.',
  )
  .parse();

/** Generated files. */
const generated = ['src/cells/plans.ts'];

const isCode = path => /\.([mc]?[jt]s|py|sh|css)$|^\.ci\/run$/.test(path);

/** True for a line that no formatter breaks: one with a literal that is not in a comment. */
const hasLiteral = line => /['"`/]/.test(line) && !/^\s*(\/[/*]|\*|#)/.test(line);

const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
const paths = execFileSync('git', listed, { cwd: root, encoding: 'utf8' }).split('\n');
let count = 0;
for (const path of paths.filter(path => isCode(path) && !generated.includes(path))) {
  for (const [i, line] of readFileSync(join(root, path), 'utf8').split('\n').entries()) {
    const length = [...line].length;
    if (length <= columns || (path.startsWith('test/') && hasLiteral(line))) continue;
    count++;
    console.log(`${path}:${i + 1}: expected at most ${columns} columns, got ${length}`);
  }
}
if (count > 0) process.exitCode = 1;
