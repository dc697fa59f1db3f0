import type { Problem } from '../unreadable.js';
import type { Value } from './flow.js';
import { type Graph, graphOf, type Node } from './graph.js';
import { plainValues } from './plain-operators.js';
import type { Constant } from './tensor.js';
import { ensure, whyOf } from './unfit.js';
import { reasonsOf } from './unreadable-parts.js';
import { wholeConvOperators } from './whole-conv.js';
import { wholeDenseOperators } from './whole-dense.js';
import { wholeFunctionOperators } from './whole-functions.js';
import type { WholeOperator, WholeReading } from './whole-reading.js';
import { wholeRecurrentOperators } from './whole-recurrent.js';
import { wholeRowOperators } from './whole-rows.js';

/** What is read of ONNX's operators where every shape is known, beside what only moves numbers. */
export const wholeOperators: Readonly<Record<string, WholeOperator>> = {
  ...wholeDenseOperators,
  ...wholeConvOperators,
  ...wholeFunctionOperators,
  ...wholeRecurrentOperators,
  ...wholeRowOperators,
};

/** What became of a value. */
type Known = Value & { readonly problems?: readonly Problem[] };

/** Values by name, those of a graph within another one too. */
export class Scope {
  readonly #values = new Map<string, Known>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): Known | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
  }

  set(name: string, value: Known): void {
    this.#values.set(name, value);
  }

  *names(): Generator<string> {
    yield* this.#values.keys();
    if (this.#outer) yield* this.#outer.names();
  }
}

/** What a branch of an If was chosen by, for people. */
export interface Choice {
  readonly where: string;
  readonly branch: 'then' | 'else';
}

/** Reads all nodes of a graph, in order. */
export function readNodes(
  { nodes, initializers }: Pick<Graph, 'nodes' | 'initializers'>,
  scope: Scope,
  reading: WholeReading & { readonly choices: Choice[] },
): void {
  for (const [name, constant] of initializers) scope.set(name, constant);
  for (const node of nodes) {
    let results: readonly Known[];
    const inputs = node.inputs.map((name): Known => {
      return name === '' ? { kind: 'absent' } : (scope.get(name) ?? { kind: 'unknown' });
    });
    // Each once, whatever the ways by which it comes: their number may double with each node.
    const found = inputs.flatMap(input => ('problems' in input ? (input.problems ?? []) : []));
    const problems = [...new Set(found)];
    const reasons = reasonsOf(node, reading.operatorSet, true);
    problems.push(...reasons.map(why => ({ where: node.where, why })));
    try {
      results = problems.length ? [] : valuesOf(node, inputs, scope, reading);
    } catch (error) {
      results = [];
      problems.push({ where: node.where, why: whyOf(error) });
    }
    if (problems.length) results = node.outputs.map(() => ({ kind: 'unknown', problems }));
    for (const [i, name] of node.outputs.entries()) {
      const why = `its output ${i}, which is not computed here`;
      scope.set(name, results[i] ?? { kind: 'unknown', problems: [{ where: node.where, why }] });
    }
  }
}

function valuesOf(
  node: Node,
  inputs: readonly Value[],
  scope: Scope,
  reading: WholeReading & { readonly choices: Choice[] },
): readonly Known[] {
  const { operator } = node;
  if (operator === 'If') return branchOf(node, inputs[0], scope, reading);
  const { program, budget } = reading;
  const idsOf = (constant: Constant) => program.idsOf(constant);
  const plain = plainValues(node, inputs, { budget, hasIndices: false, idsOf });
  if (plain) return plain;
  ensure(Object.hasOwn(wholeOperators, operator), 'an operator without a layer');
  return wholeOperators[operator](node, inputs, reading);
}

/** The outputs of the branch that a condition chooses, which must be known. */
function branchOf(
  node: Node,
  condition: Value,
  scope: Scope,
  reading: WholeReading & { readonly choices: Choice[] },
): readonly Known[] {
  const hint = 'a condition that is computed: see the options inputs and dims';
  ensure(condition?.kind === 'constant', hint);
  const branch = condition.values()[0] ? 'then' : 'else';
  const proto = node.attributes.get(`${branch}_branch`)?.graph;
  ensure(proto && proto.inputs.length === 0 && proto.sparse === 0, `no ${branch}_branch`);
  const isDeep = proto.outputs.length === node.outputs.length;
  ensure(isDeep, `${proto.outputs.length} outputs of its ${branch}_branch`);
  reading.choices.push({ where: node.where, branch });
  const inner = new Scope(scope);
  readNodes(graphOf(proto, new Map(), reading.budget, scope.names()), inner, reading);
  return proto.outputs.map(({ name }): Known => inner.get(name) ?? { kind: 'unknown' });
}
