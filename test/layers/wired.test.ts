import { describe, expect, test } from 'vitest';
import { backwardCell, defineCell, denseCell, gruCell, lstmCell, recur, stateful } from '../../src/index.js';
import { load, save } from '../../src/io/index.js';
import { backends } from '../../src/kernels/backends.js';
import { exposedCell } from '../../src/layers/exposed.js';
import { type WiredSettings, wiredCell } from '../../src/layers/wired.js';
import type { AnyCell } from '../../src/streams/cell.js';
import { uniform } from '../golden/generate.js';

const lstm = () => lstmCell(3, 5, { seed: 1 });

/** An LSTM whose state is one vector of the layer around it. */
const kept = (): AnyCell =>
  wiredCell(
    {
      ...{ inputs: ['x'], inputSizes: [3], outputs: ['y'], outputSizes: [5] },
      ...{ states: ['s'], stateSizes: [10] },
      // c comes first in the state.
      wires: [0, 0, 1, 3, 1, 5, 1, 5, 1, 0, 1, 5, 2, 0, 1, 5, 2, 10, 1, 5, 2, 5, 1, 5],
    },
    [exposedCell(lstm())],
  );

const xs = Array.from({ length: 40 }, (_, t) => uniform(t, 3, 1));

describe.each(backends())('wired on %s', backend => {
  test('keeps the state of a layer that is exposed, bit for bit', () => {
    const m = stateful(kept(), { backend }) as (x: Float32Array) => Float32Array;
    const alone = stateful(lstm(), { backend });
    for (const x of xs) expect(m(x)).toEqual(alone(x));
    const { h, c } = alone.state;
    expect((m as unknown as { state: Float32Array }).state).toEqual(Float32Array.of(...c, ...h));
  });
});
