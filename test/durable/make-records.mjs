// Makes record-1.json: records of version 1, and what they come to by `stateful`.
import { readFileSync, writeFileSync } from 'node:fs';
import { lastValueFrom, toArray } from 'rxjs';
import { durable, fromStream, jsonBytes, memoryLog } from '../../dist/durable.js';
import { lstm, stateful } from '../../dist/index.js';

const help = `node test/durable/make-records.mjs [--check]

Writes test/durable/record-1.json: the records of a small job, as a version of the library stored
them, with its outputs and states as 'stateful' computes them. Only for a new version of records:
what a version has written must stay readable.

  --check   writes nothing; compares the outputs in the file with those of today
`;
if (process.argv.includes('--help')) {
  process.stdout.write(help);
  process.exit();
}

const model = lstm(2, 4, { seed: 5 });
const events = Array.from({ length: 30 }, (_, i) => ({
  key: ['a', 'b', 'é'][i % 3],
  x: i === 10 ? [0] : [i / 32 - 0.5, -i / 64],
}));
const bitsOf = numbers => new Uint32Array(Float32Array.from(numbers).buffer).join();

const streams = new Map();
const answers = events.map(({ key, x }, i) => {
  if (x.length !== 2) return `${i} ${i + 1} ${key} poison`;
  if (!streams.has(key)) streams.set(key, stateful(model, { backend: 'simd' }));
  return `${i} ${i + 1} ${key} ${bitsOf(streams.get(key)(x))}`;
});
const states = [...streams].map(([key, { state }]) => [key, bitsOf([...state.h, ...state.c])]);
states.sort();

const path = new URL('record-1.json', import.meta.url);
if (process.argv.includes('--check')) {
  const golden = JSON.parse(readFileSync(path, 'utf8'));
  const isSame =
    JSON.stringify([golden.answers, golden.states]) === JSON.stringify([answers, states]);
  process.stdout.write(isSame ? 'the same\n' : 'other outputs than in the file\n');
  process.exit(isSame ? 0 : 1);
}
const log = memoryLog({ partitions: 1 });
await log.append(
  0,
  events.map(({ key, x }) => ({ key, value: jsonBytes(x) })),
);
const job = { job: 'law', member: 'golden', model, maxEvents: 7, idle: 1e9 };
await lastValueFrom(fromStream(log, { follow: false }).pipe(durable(log, job), toArray()));
const records = [];
for await (const some of log.records('law', 0, 0)) {
  for (const { bytes } of some) records.push(Buffer.from(bytes).toString('base64'));
}
writeFileSync(path, `${JSON.stringify({ records, answers, states }, undefined, 1)}\n`);
