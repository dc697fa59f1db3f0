import { expect, test } from 'vitest';
import { scaledBack } from '../../src/cli/scaling.js';
import { file } from './command.js';
import { answersOf, refusals } from './sum.js';

// By hand: with mean 10 and scale 2, 12 and 14 are 1 and 2 for the model of sum.ts.

const csv = file('scale.csv', 'name,mean,scale\nother,0,1\nx,10,2\ntotal,100,0.5\n');
const rows = 'x\n12\n14\n';

test.concurrent('--scale scales the inputs, and back each answer whose name is in the file', async () => {
  expect(await answersOf(['--scale', csv], rows)).toEqual(['y1', '1', '3']);
  expect(await answersOf(['--scale', csv, '--names', 'total'], rows)).toEqual([
    'total',
    '100.5',
    '101.5',
  ]);
});

test.concurrent("a forecast's answers are scaled back as the inputs are", async () => {
  // 1, 2, 4 and 3, 6, 12 of the model.
  const args = ['--scale', csv, '--forecast', '2', '-k', 'x', '-c', 'x'];
  expect(await answersOf(args, rows)).toEqual(['x,y1,y1+1,y1+2', '12,12,14,18', '14,16,22,34']);
});

test.concurrent('a JSON array and the attributes of a StandardScaler are read too', async () => {
  const array = file('scale.json', '[{"name": "x", "mean": 10, "scale": 2}]');
  const scaler = {
    with_mean: true,
    with_std: true,
    copy: true,
    feature_names_in_: ['x'],
    n_features_in_: 1,
    n_samples_seen_: 4,
    mean_: [10],
    var_: [4],
    scale_: [2],
  };
  const { feature_names_in_: _, ...nameless } = scaler;
  const files = [
    array,
    file('scaler.json', JSON.stringify(scaler)),
    file('nameless.json', JSON.stringify(nameless)),
  ];
  for (const path of files) {
    expect(await answersOf(['--scale', path, '--forecast', '1'], rows)).toEqual([
      'y1,y1+1',
      '12,14',
      '16,22',
    ]);
  }
  const noMean = file('no-mean.json', JSON.stringify({ ...scaler, with_mean: false }));
  expect(await answersOf(['--scale', noMean], rows)).toEqual(['y1', '6', '13']);
  const noScale = file(
    'no-scale.json',
    JSON.stringify({ ...scaler, scale_: null, with_std: false }),
  );
  expect(await answersOf(['--scale', noScale], rows)).toEqual(['y1', '2', '6']);
});

test.concurrent('nested columns, keys and every format are scaled', async () => {
  const path = file('nested.csv', 'name,mean,scale\nd.x,10,2\n');
  const input = '[{"id":1,"d":{"x":12}},{"id":2,"d":{"x":14}},{"id":1,"d":{"x":16}}]';
  const args = ['-c', 'd.x', '--key', 'id', '--scale', path];
  expect(await answersOf(args, input)).toEqual(['{"y1":1}', '{"y1":2}', '{"y1":4}']);
});

test.concurrent('what a scale file lacks, or has beside the scales, is refused by name', async () => {
  const of = (name: string, text: string) => ['--scale', file(name, text)];
  const head = 'name,mean,scale\n';
  const ended = await refusals([
    [of('1.csv', `${head}z,0,1\n`), rows, 'expected the column x, got z; a column that is not to'],
    [
      of('2.csv', `${head}x,0,0\n`),
      rows,
      "row 1: scale: expected a finite number more than 0, got '0'",
    ],
    [of('3.csv', `${head}x,,1\n`), rows, "row 1: mean: expected a finite number, got ''"],
    [
      of('4.csv', `${head}x,0,1\nx,0,1\n`),
      rows,
      "row 2: name: expected that of another column, got 'x'",
    ],
    [
      of('5.csv', 'name,mean,std\nx,0,1\n'),
      rows,
      "expected options named name, mean, scale, got 'std'",
    ],
    [
      of('6.csv', head),
      rows,
      'expected name, mean, scale of each column, got an array of length 0',
    ],
    [of('7.json', '{"min_": [0], "scale_": [1]}'), rows, "got 'min_'"],
    [of('8.json', '{"mean_": [0, 1], "scale_": [1]}'), rows, 'expected lists of one length'],
    [
      of('9.json', '{"mean_": [0, 1], "scale_": [1, 1]}'),
      rows,
      'the scales of 1 inputs, got 2 without',
    ],
    [of('10.json', '{"mean_": [0]}'), rows, 'scale_: expected a list, got undefined'],
    [of('11.json', '[{"name": "x", "mean": 1e300, "scale": 1}]'), rows, 'mean: expected a finite'],
    [of('12.json', '[{'), rows, 'expected JSON, got text that is not'],
    [['--scale', 'nowhere.csv'], rows, 'nowhere.csv: no such file or directory'],
    [['--scale', csv, '-o', csv], rows, 'the same file as'],
  ]);
  for (const { got, message } of ended) {
    expect([got.code, got.stdout]).toEqual([2, '']);
    expect(got.stderr).toContain(message);
  }
});

test('scaled back, the fewest digits give the float32 again', () => {
  expect(scaledBack(Math.fround(0.3), { mean: 20, scale: 5 })).toBe('21.5');
  expect(scaledBack(Math.fround(0.1), { mean: 0, scale: 1 })).toBe('0.1');
  expect(scaledBack(-5, { mean: 10, scale: 2 })).toBe('0');
  // A latitude keeps more digits than a float32 has.
  expect(scaledBack(Math.fround(0.123456), { mean: 52.52, scale: 0.01 })).toBe('52.52123456');
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let i = 0; i < 5000; i++) {
    const y = Math.fround(random() * 6 - 3);
    const scale = { mean: (random() - 0.5) * 100, scale: 0.01 + random() * 50 };
    const text = scaledBack(y, scale);
    expect(Math.fround((Number(text) - scale.mean) / scale.scale)).toBe(y);
    const significant = text.replace(/^-?0*\.?0*|[.]|e.*$/g, '').length;
    const shorter = Number(
      (y * scale.scale + scale.mean).toPrecision(Math.max(1, significant - 1)),
    );
    const isShorter = Number(text) !== shorter && significant > 1;
    if (isShorter) expect(Math.fround((shorter - scale.mean) / scale.scale)).not.toBe(y);
  }
});
