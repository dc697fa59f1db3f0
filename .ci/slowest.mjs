// Prints the slowest tests of vitest's JSON report: node .ci/slowest.mjs --help
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Command } from 'commander';
import { root } from './inventory.mjs';

const command = new Command('node .ci/slowest.mjs')
  .description('Prints the slowest tests of a run, with their seconds and files.')
  .argument('<report>', "vitest's JSON report")
  .option('--count <count>', 'how many', Number, 10)
  .parse();
const [report] = command.processedArgs;
const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
const tests = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, duration = 0 }) => ({
    file: relative(root, name),
    fullName,
    seconds: duration / 1000,
  })),
);
tests.sort((a, b) => b.seconds - a.seconds);
const slowest = tests.slice(0, command.opts().count);
console.log(`the ${slowest.length} slowest of ${tests.length} tests`);
for (const { seconds, file, fullName } of slowest) {
  console.log(`${seconds.toFixed(1).padStart(6)} s  ${file}: ${fullName}`);
}
