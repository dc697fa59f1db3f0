// Whether each event has its one output, and the one that the model gives without a log.
import { stateful } from 'rxrecur';
import { model } from './job.mjs';

/** What is wrong with the outputs: nothing, in the best case. */
export async function check(log, outputs) {
  const faults = [];
  const told = grouped(outputs);
  const doubled = outputs.length - new Set(outputs.map(({ id }) => id)).size;
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

function grouped(outputs) {
  const groups = new Map();
  for (const output of outputs) {
    if (!groups.has(output.key)) groups.set(output.key, []);
    groups.get(output.key).push(output);
  }
  return groups;
}
