import { portable } from '../kernels/backends.js';
import { areFinite, type Engine, Pool, type Rows, roomFor } from './engine.js';
import { interpret } from './interpret.js';
import type { EquationSpec } from './spec.js';

/** The portable backend: layers run one after another on one memory. */
export function portableEngine(specs: readonly EquationSpec[]): Engine {
  let end = 0;
  const take = (size: number) => {
    const at = end;
    end += size;
    return at;
  };
  const room = roomFor(specs);
  const rowsOf = (size: number): Rows => ({ at: take(size * room), stride: size, size });
  const input = rowsOf(specs[0].sizes.input);
  let block = 0;
  const layers = specs.map(spec => {
    const { sizes } = spec;
    const { nodes, states, output } = spec.definition.plan;
    const first = block;
    const offsets = states.map(({ dimension }) => {
      block += sizes[dimension];
      return block - sizes[dimension];
    });
    return { run: interpret(spec), first, offsets, output: rowsOf(sizes[nodes[output].dimension]) };
  });
  // Without states too, blocks are at different places.
  block = Math.max(1, block);
  const pool = new Pool(new Float32Array(end), end, block, (memory, size) => {
    const larger = new Float32Array(Math.max(size, 2 * memory.length));
    larger.set(memory);
    return larger;
  });
  /** Steps one stream, whose input and output are the j-th. */
  const step = (now: number, next: number, j: number): number => {
    const { memory } = pool;
    let x = input;
    for (let i = 0; i < layers.length; i++) {
      const { run, first, output } = layers[i];
      const from = x.at + j * x.stride;
      if (i && !areFinite(memory, from, x.size)) return i;
      run(memory, from, now + first, next + first, output.at + j * output.stride);
      x = output;
    }
    return 0;
  };
  return {
    backend: portable,
    pool,
    room,
    input,
    outputs: layers.map(({ output }) => output),
    states: layers.flatMap(({ offsets }) => offsets),
    step: (now, next) => step(now, next, 0),
    streams(now, next, count) {
      for (let j = 0; j < count; j++) {
        const odd = step(now + j * block, next + j * block, j);
        if (odd) return odd;
      }
      return 0;
    },
    steps(now, next, spare, count) {
      let from = now;
      let to = next;
      for (let t = 0; t < count; t++) {
        const odd = step(from, to, t);
        if (odd) return odd;
        [from, to] = [to, to === next ? spare : next];
      }
      return 0;
    },
  };
}
