import type { AnyCell } from '../../streams/cell.js';
import type { Graph } from './graph.js';
import { withConstants } from './loop-constants.js';
import { checkCounters } from './loop-counters.js';
import type { LoopForm } from './loop-form.js';
import { type BodySetting, fingerprint, type Step } from './loop-step.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';
import { assembled } from './whole.js';
import { constantPart } from './whole-elementwise.js';
import { type Choice, readNodes, Scope } from './whole-graph.js';
import { Program, type Tensor } from './whole-program.js';

/** The cell's only input, and what it must not read: no names that an exporter gives. */
const inputName = 'a step of its sequences';
const others = 'other steps of its sequences';

/** What a loop computes at each step. */
export interface LoopBody {
  /** From a vector a step to some answers and states in a row. */
  readonly cell: (outputs: readonly Tensor[]) => AnyCell;
  readonly answers: readonly Tensor[];
  readonly states: readonly Tensor[];
  /** True if it begins with the last step of its input. */
  readonly isBackward: boolean;
}

/** So many steps are looked at. */
const mostSteps = 64;

/** A body that does the same at each step; throws Unfit for one that does not. */
export function loopBody(setting: BodySetting, steps: number, ends: boolean): LoopBody {
  const { form } = setting;
  const sequences = setting.sources.map(({ name }) => name);
  checkCounters(form, new Set(setting.counts.keys()), sequences);
  ensure(ends || steps <= mostSteps, `a condition that ends it after ${steps} steps`);
  const graph = withConstants(form, setting.constants, namesAround(setting), setting.budget);
  const own = { ...setting, graph };
  const { step: one, text, at: first } = stepAt(own, steps, 0, setting.counts);
  checkSteps(own, text, steps, ends);
  const given = form.sequences.map(({ isBackward }) => isBackward);
  ensure(new Set(given).size < 2, 'sequences of which some are read backwards');
  const isBackward = form.sequences.length ? given[0] : first > 0;
  const { answers, states } = one;
  return { cell: outputs => cellOf(one, outputs), answers, states, isBackward };
}

/** A setting, and the body's nodes that are read at each step. */
type Body = BodySetting & { readonly graph: Pick<Graph, 'nodes' | 'initializers'> };

/** All names that a body may read of what it is given. */
function namesAround({ form, constants, sources }: BodySetting): string[] {
  const { counter, condition, states } = form;
  const own = [counter, condition?.input].filter(name => name !== undefined);
  const given = [...sources.map(({ name }) => name), ...states.map(({ input }) => input)];
  return [...constants.keys(), ...own, ...given];
}

/** Throws Unfit unless each step does the same, and the last one is the last of the sequence. */
function checkSteps(setting: Body, wanted: string, count: number, ends: boolean): void {
  const orders = new Set<boolean>();
  let { counts } = setting;
  for (let t = 0; t < Math.min(count, mostSteps); t++) {
    const { step, text, at } = stepAt(setting, count, t, counts, wanted);
    ensure(step.goesOn !== undefined, 'a condition that is computed from the input');
    const isLast = t === count - 1;
    ensure(step.goesOn || isLast, `an end after ${t + 1} of ${count} steps`);
    ensure(!isLast || ends || !step.goesOn, 'no end with the last step');
    const why = 'steps that do not all do the same, each with one step of its input';
    ensure(text === wanted, why);
    if (t !== count - 1 - t) orders.add(at !== t);
    counts = step.counts;
  }
  ensure(orders.size < 2, 'steps in no order');
}

/** A step, and which one of its sequences it reads: of two, that which makes it what is wanted. */
function stepAt(
  setting: Body,
  count: number,
  t: number,
  counts: ReadonlyMap<string, Constant>,
  wanted?: string,
): { readonly step: Step; readonly text: string; readonly at: number } {
  const [first, second] = [t, count - 1 - t].map(at => () => {
    const step = readStep(setting, count, t, counts, at);
    const text = fingerprint(step);
    return { step, text, at };
  });
  const found = first();
  const fits = wanted === undefined ? !found.text.includes(others) : found.text === wanted;
  if (fits || count === 1) return found;
  const other = second();
  const isOther = wanted === undefined ? !other.text.includes(others) : other.text === wanted;
  return isOther ? other : found;
}

/** Reads the body for one of `count` steps; its states are inputs of their own. */
function readStep(
  setting: Body,
  count: number,
  t: number,
  counts: ReadonlyMap<string, Constant>,
  at: number,
): Step {
  const { form, operatorSet, budget, graph } = setting;
  const program = new Program(budget, constantPart);
  const scope = new Scope();
  for (const [name, constant] of setting.constants) scope.set(name, constant);
  sequencesInto(scope, program, setting, count, at);
  for (const [i, { input }] of form.states.entries()) {
    const value = counts.get(input) ?? program.input(input, setting.shapes[i], false);
    scope.set(input, value);
  }
  if (form.counter !== undefined) scope.set(form.counter, whole(t));
  if (form.condition) scope.set(form.condition.input, whole(1));
  const choices: Choice[] = [];
  const read = new Set(form.nodes.flatMap(({ inputs }) => inputs));
  for (const { name } of form.body.outputs) read.add(name);
  readNodes(graph, scope, {
    ...{ program, budget, operatorSet, choices },
    isRead: name => name !== undefined && read.has(name),
  });
  return { program, ...outcome(form, scope, program, counts) };
}

/** The sequences' step `at`, one after another, is an input of its own; so are all other steps. */
function sequencesInto(
  scope: Scope,
  program: Program,
  { sources }: BodySetting,
  count: number,
  at: number,
): void {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const [x] = program.input(inputName, [total], false).ids.values();
  const [rest] = program.input(others, [count, total], false).ids.values();
  let from = 0;
  for (const { name, isStep, size, shaped } of sources) {
    const { dims, places } = shaped(isStep ? 1 : count);
    const all = places.map(place => {
      const step = Math.floor(place / size);
      return (isStep || step === at ? x : rest + step * total) + from + (place % size);
    });
    scope.set(name, program.tensor(dims, all));
    from += size;
  }
}

/** What a step makes: answers, next states, and whether there is another one. */
function outcome(
  { states, answers, condition }: LoopForm,
  scope: Scope,
  program: Program,
  counts: ReadonlyMap<string, Constant>,
): Omit<Step, 'program'> {
  const counted = states.filter(({ input }) => counts.has(input));
  const goesOn = condition && scope.get(condition.output);
  return {
    answers: answers.map(({ output }) => tensorIn(scope, output, program)),
    states: states
      .filter(state => !counted.includes(state))
      .map(({ output }) => tensorIn(scope, output, program)),
    counts: new Map(
      counted.map(({ input, output }) => {
        const value = scope.get(output);
        ensure(value?.kind === 'constant', 'a whole number that is computed from the input');
        return [input, value];
      }),
    ),
    goesOn: !goesOn || (goesOn.kind === 'constant' ? goesOn.values()[0] !== 0 : undefined),
  };
}

const whole = (value: number) => constantOf('', [], Float64Array.of(value));

function tensorIn(scope: Scope, name: string, program: Program): Tensor {
  const value = scope.get(name);
  if (value?.kind === 'tensor') return value;
  if (value?.kind === 'constant') return program.tensor(value.dims, program.idsOf(value));
  const [problem] = (value && 'problems' in value && value.problems) || [];
  ensure(problem === undefined, `its body's ${problem?.where}: ${problem?.why}`);
  ensure(false, `no ${name} in its body`);
}

function cellOf(one: Step, wanted: readonly Tensor[]): AnyCell {
  const { program, states } = one;
  const ids = Float64Array.from(wanted.flatMap(({ ids: own }) => [...own.values()]));
  const inputs = program.inputs.filter(({ name }) => name !== inputName && name !== others);
  const all = inputs.map(({ name, base }, i) => ({ name, base, tensor: states[i] }));
  const read = basesRead(program, [
    ids,
    ...states.map(({ ids: own }) => own.values() as Float64Array),
  ]);
  const kept = all.filter(({ base }) => read.has(base));
  const outputs = [
    { name: 'y', tensor: program.tensor([ids.length], ids) },
    ...kept.map(({ name, tensor }) => ({ name: `next ${name}`, tensor })),
  ];
  const pairs = Object.fromEntries(kept.map(({ name }) => [name, `next ${name}`]));
  const { cell } = assembled(program, outputs, { states: pairs });
  ensure(cell, 'no cell');
  return cell;
}

/** The vectors that some numbers are computed from. */
function basesRead(program: Program, ids: readonly Float64Array[]): ReadonlySet<number> {
  const all = [...ids, ...[...program.needed(ids).values()].map(({ reads }) => reads)];
  return new Set(all.flatMap(own => [...new Set(Array.from(own, id => program.baseOf(id)))]));
}
