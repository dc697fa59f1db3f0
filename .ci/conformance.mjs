// Reads vitest's JSON report: each file of test/conformance must have passed tests and skipped
// none.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';

const [report] = new Command('node .ci/conformance.mjs')
  .description('Fails unless each file of test/conformance passed tests and skipped none.')
  .argument('<report>', "vitest's JSON report")
  .parse().processedArgs;
const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
const files = new Map();
for (const { name, assertionResults } of testResults) {
  const [file] = name.match(/test\/conformance\/.*/) ?? [];
  if (file === undefined) continue;
  const count = files.get(file) ?? { passed: 0, other: [] };
  for (const { status, fullName } of assertionResults) {
    if (status === 'passed') count.passed += 1;
    else if (!/\bscijs /.test(fullName)) count.other.push(`${status}: ${fullName}`);
  }
  files.set(file, count);
}

for (const [file, { passed, other }] of files) {
  console.log(`${file}: ${passed} passed, ${other.length} not run or failed`);
  for (const line of other) console.log(`  ${line}`);
}
const bad = [...files.values()].some(({ passed, other }) => passed === 0 || other.length > 0);
if (bad || files.size === 0) {
  console.log('the cases are there, but not every conformance test ran on them');
  process.exitCode = 1;
}
