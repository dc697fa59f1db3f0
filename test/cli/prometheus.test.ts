import { expect, test } from 'vitest';
import { prometheus } from '../../src/durable/metrics.js';
import { readPrometheus } from './prometheus.js';

const zero = {
  ...{ offset: 0, lag: 0, keys: 0, epoch: 0, events: 0, outputs: 0, poison: 0, late: 0 },
  ...{ records: 0, bytes: 0, fill: 0, commit: 0, restore: 0 },
};

test('metrics of any names are read back from their text, by a reader of the specification', () => {
  const names = ['plain', 'a"b', 'back\\slash', 'line\nend', 'é {}=,', '\\n'];
  const all = names.map((job, partition) => ({ ...zero, job, member: job, partition, lag: 1e21 }));
  const families = readPrometheus(prometheus(all));
  expect(families.size).toBe(13);
  for (const { samples, help } of families.values()) {
    expect(help.length).toBeGreaterThan(5);
    expect(samples.map(({ labels }) => labels.job)).toEqual(names);
  }
  expect(families.get('rxrecur_lag')?.samples[3]).toEqual({
    name: 'rxrecur_lag',
    labels: { job: 'line\nend', member: 'line\nend', partition: '3' },
    value: 1e21,
  });
  expect(families.get('rxrecur_events_total')?.type).toBe('counter');
});

test.for([
  ['a 1', 'no end'],
  ['# TYPE a counter\n# TYPE a gauge\n', 'a second TYPE'],
  ['a 1\n# TYPE a gauge\n', 'TYPE after samples'],
  ['a 1\nb 1\na{x="1"} 1\n', 'in two places'],
  ['a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', 'a sample twice'],
  ['a{x="1" y="2"} 1\n', 'neither comma nor brace'],
  ['a{x="\\t"} 1\n', 'no value of x'],
  ['a{x="1",x="2"} 1\n', 'no new label'],
  ['a undefined\n', 'no value'],
  ['# TYPE a counter\na -1\n', 'a counter'],
  ['# TYPE a number\n', 'no type'],
  ['1a 1\n', 'no value'],
] as const)('the reader refuses %j', ([text, words]) => {
  expect(() => readPrometheus(text)).toThrow(words);
});
