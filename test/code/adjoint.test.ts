import { describe, expect, test } from 'vitest';
import type { Model } from '../../src/code/model.js';
import { equations } from '../../src/core.js';
import { differentiate } from '../../src/graph/differentiate.js';
import type { Port } from '../../src/graph/plan.js';
import { inputsOf, outputOffsets, outputsOf } from '../../src/graph/ports.js';
import type { EquationSpec } from '../../src/graph/spec.js';
import { backends } from '../../src/kernels/backends.js';
import { specOf } from '../cells/kinds.js';
import { uniform } from '../golden/generate.js';
import { valuesOf } from '../graph/evaluate.js';
import { gradientCells } from '../graph/gradient-cells.js';
import { engineOf, oneByOne } from './driving.js';
import { AnyModelBuilder } from './models.js';

/** An adjoint as a model: a port for each of its inputs, all outputs in a row. */
function modelOfSpec(spec: EquationSpec): Model {
  const { params, kind: _, ...cell } = spec;
  const { plan } = cell.definition;
  const builder = new AnyModelBuilder();
  const of = inputsOf(plan).map(({ name, dimension }) => builder.port(name, spec.sizes[dimension]));
  const outputs = outputsOf(plan);
  const offsets = outputOffsets(outputs, spec.sizes);
  const answers = outputs.map(({ node }, i) => ({ node, at: offsets[i] }));
  const own = { op: 'cell', cell: { ...cell, outputs: answers }, where: 'adjoint' } as const;
  const size = offsets[outputs.length];
  return builder.model(builder.add({ ...own, params: builder.withParams(params), of, size }));
}

const named = (ports: readonly Pick<Port, 'name'>[], vectors: readonly Float32Array[]) =>
  Object.fromEntries(ports.map(({ name }, i) => [name, Float64Array.from(vectors[i])]));

describe.each(backends())('on %s', backend => {
  test.each(gradientCells.map(cell => [equations(cell), cell] as const))(
    'a step backwards of %j is what double precision gives',
    (_, cell) => {
      const own = specOf(cell);
      const { spec, saved, seeds } = differentiate(own);
      const { plan } = spec.definition;
      const { sizes } = spec;
      const of = (seed: number, ports: readonly Port[]) =>
        ports.map(({ dimension }, i) => uniform(seed + i, sizes[dimension], 0.9));
      const { plan: forward } = own.definition;
      const before = named(forward.states, of(100, forward.states));
      const x = named(inputsOf(forward), of(200, inputsOf(forward)));
      const { values: tape } = valuesOf(own, forward.nodes, before, x);
      const inputs = [...saved.map(({ node }) => Float32Array.from(tape[node])), ...of(300, seeds)];
      const states = of(400, plan.states);
      const { values } = valuesOf(
        spec,
        plan.nodes,
        named(plan.states, states),
        named(inputsOf(plan), inputs),
      );
      const engine = engineOf(modelOfSpec(spec), backend);
      const made = oneByOne(
        engine,
        inputs.map(x => [[...x]]),
        states.map(h => [...h]),
      );
      const outputs = outputsOf(plan);
      const offsets = outputOffsets(outputs, sizes);
      const got = [
        ...outputs.flatMap(({ dimension }, i) =>
          made.ys[0].slice(offsets[i], offsets[i] + sizes[dimension]),
        ),
        ...made.states.flat(),
      ];
      const wanted = [...outputs, ...plan.states].flatMap(({ node }) => [...values[node]]);
      expect(got.length).toBe(wanted.length);
      for (const [i, value] of wanted.entries()) {
        expect(Math.abs(got[i] - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
      }
      engine.release?.();
    },
  );
});
