// A process of its own for one system: node test/bench/child.mjs SYSTEM, then lines as meter.mjs
// says.
import { createInterface } from 'node:readline';
import { meter } from './meter.mjs';
import { processorTime } from './processor-time.mjs';
import { nodeSystems } from './systems.mjs';

const answer = meter(await nodeSystems[process.argv[2]](), processorTime);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line)}\n`);
}
