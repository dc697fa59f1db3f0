// Whether each event has its one output, and the one that the model gives without a log.
import { readFileSync } from 'node:fs';
import { stateful } from 'rxrecur';
import { model } from './job.mjs';

/** What is wrong with the outputs in a file: nothing, in the best case. */
export async function check(log, file) {
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const faults = [];
  const told = grouped(lines);
  const doubled = lines.length - new Set(lines.map(({ id }) => id)).size;
  if (doubled) faults.push(`${doubled} doubled`);
  let [lost, wrong] = [0, 0];
  for (let p = 0; p < log.partitions; p++) {
    const models = new Map();
    for await (const events of log.read(p, 0)) {
      for (const { key, offset, value } of events) {
        const m = models.get(key) ?? stateful(model, { backend: 'simd' });
        models.set(key, m);
        const y = m(JSON.parse(new TextDecoder().decode(value)));
        const output = told.get(key)?.shift();
        if (output?.offset !== offset) lost++;
        else if (Math.fround(output.y[0]) !== y[0]) wrong++;
      }
    }
  }
  if (lost) faults.push(`${lost} lost`);
  if (wrong) faults.push(`${wrong} wrong`);
  return faults;
}

function grouped(lines) {
  const groups = new Map();
  for (const line of lines) {
    if (!groups.has(line.key)) groups.set(line.key, []);
    groups.get(line.key).push(line);
  }
  return groups;
}
