// A process of its own for one system, which reads lines as meter.mjs says.
import { createInterface } from 'node:readline';
import { Argument, Command } from 'commander';
import { meter } from './meter.mjs';
import { processorTime } from './processor-time.mjs';
import { nodeSystems } from './systems.mjs';

const [system] = new Command('node test/bench/child.mjs')
  .description('Answers the lines of meter.mjs on standard input, for one system.')
  .addArgument(new Argument('<system>').choices(Object.keys(nodeSystems)))
  .parse().processedArgs;

const answer = meter(await nodeSystems[system](), processorTime);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line)}\n`);
}
