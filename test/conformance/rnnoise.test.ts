import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { type NdArray, recur, snapshotFromBytes, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { open } from '../examples/run.js';
import { sameBits } from '../laws/bits.js';
import { generator } from '../laws/streams.js';
import { folder, present, readCases, readText } from './cases.js';

/** A layer as the cases have it: bytes, matrices `[input, gates · units]`. */
interface Layer {
  readonly W: readonly number[][];
  readonly U?: readonly number[][];
  readonly b: readonly number[];
}

/** The cases' weights as the text of rnn_data.c. */
function dataFile(layers: Readonly<Record<string, Layer>>): string {
  const array = (name: string, values: readonly number[]) =>
    `static const rnn_weight ${name}[${values.length}] = {\n   ${values.join(', ')}\n};\n`;
  return Object.entries(layers)
    .flatMap(([name, { W, U, b }]) => [
      array(`${name}_weights`, W.flat()),
      ...(U ? [array(`${name}_recurrent_weights`, U.flat())] : []),
      array(`${name}_bias`, b),
    ])
    .join('\n');
}

const tolerance = 1e-4;

if (present) describe('RNNoise v0.1.1', conforms);
else test.skip(`the published cases are not at ${folder}`, () => {});

function conforms(): void {
  const rows = readText('rnnoise/frames.csv')
    .trim()
    .split('\n')
    .map(line => Float32Array.from(line.split(','), Number));
  const frames = rows.map(row => row.subarray(0, 42));
  const network = async () => {
    const { readWeights, rnnoise } = await open('rnnoise/network.mjs');
    return rnnoise(readWeights(dataFile(readCases('rnnoise/weights.json'))));
  };

  test.for(backends())('gives the voice and the gains of its C on %s', async backend => {
    const outputs = stateful(await network(), { backend }).map(frames) as Float32Array[];
    expect(outputs).toHaveLength(844);
    const off = outputs.map((y, t) => y.map((v, i) => Math.abs(v - rows[t][42 + i])));
    expect(off.every(({ length }) => length === 23)).toBe(true);
    expect(Math.max(...off.flatMap(differences => [...differences]))).toBeLessThanOrEqual(
      tolerance,
    );
  });

  test('gives the same bits step by step, in chunks, resumed, reset and beside another', async () => {
    const cell = await network();
    const wanted = stateful(cell).map(frames);
    const model = stateful(cell);
    sameBits(
      frames.map(x => model(x)),
      wanted,
    );
    model.reset();
    sameBits(
      frames.map(x => model(x)),
      wanted,
    );

    const random = generator(1);
    const chunks: Float32Array[][] = [];
    for (let at = 0; at < frames.length; ) {
      const end = at + Math.floor(40 * random());
      chunks.push(frames.slice(at, end));
      at = end;
    }
    const chunked: unknown[] = [];
    from(chunks)
      .pipe(recur(cell, { chunks: true }) as never)
      .subscribe(ys => chunked.push(...(ys as unknown[])));
    sameBits(chunked, wanted);

    let bytes = stateful(cell).snapshot().toBytes();
    const resumed = chunks.flatMap(chunk => {
      const next = stateful(cell, { restore: snapshotFromBytes(bytes) });
      const ys = chunk.map(x => next(x));
      bytes = next.snapshot().toBytes();
      return ys;
    });
    sameBits(resumed, wanted);

    const [one, other] = [stateful(cell), stateful(cell)];
    const mixed = frames.map((x, t) => {
      other(frames[frames.length - 1 - t]);
      return one(x);
    });
    sameBits(mixed, wanted);
  });

  test('gives the same bits as a column of a batch', async () => {
    const cell = await network();
    const steps = frames.slice(0, 100);
    const wanted = stateful(cell).map(steps) as Float32Array[];
    const batch = stateful(cell);
    for (const [t, x] of steps.entries()) {
      const data = [...x, ...frames[t + 100]];
      const y = batch({ data, shape: [42, 2], stride: [1, 42], offset: 0 }) as unknown as NdArray;
      const column = wanted[t].map((_, i) => y.data[y.offset + i * y.stride[0]]);
      sameBits(column, wanted[t]);
    }
  });
}
