import type { AnyCell } from '../../streams/cell.js';
import type { Budget } from './budget.js';
import { graphOf } from './graph.js';
import type { LoopForm } from './loop-form.js';
import { checkCounters } from './loop-counters.js';
import type { GraphProto } from './proto.js';
import { type Constant, constantOf } from './tensor.js';
import { ensure } from './unfit.js';
import { assembled } from './whole.js';
import { constantPart, type ElementwisePart } from './whole-elementwise.js';
import { type Choice, readNodes, Scope } from './whole-graph.js';
import { type Part, Program, type Tensor } from './whole-program.js';

/** A sequence that the body reads a step of: a vector of `size` numbers a step. */
export interface StepSource {
  /** In the body: the name of a step, or of all of it. */
  readonly name: string;
  readonly isStep: boolean;
  readonly size: number;
  /** `places`, an integer for each number, as the file orders them; `steps`: how many there are. */
  shaped(steps: number): { readonly dims: readonly number[]; readonly places: Float64Array };
}

/** What a body is read with. */
export interface BodySetting {
  readonly form: LoopForm;
  readonly sources: readonly StepSource[];
  /** Constants around it by the names that it calls them, for so many steps. */
  constants(steps: number): ReadonlyMap<string, Constant>;
  /** Shapes of the states, in their order. */
  readonly shapes: readonly (readonly number[])[];
  readonly counts: ReadonlyMap<string, Constant>;
  readonly operatorSet: number;
  readonly budget: Budget;
}

/** One step of a body: its numbers, and what goes into the next one. */
interface Step {
  readonly program: Program;
  readonly x: number;
  readonly answers: readonly Tensor[];
  readonly states: readonly Tensor[];
  readonly counts: ReadonlyMap<string, Constant>;
  readonly goesOn: boolean | undefined;
}

const inputName = 'x';
const stateName = (i: number) => `s${i}`;

/** What a loop computes at each step. */
export interface LoopBody {
  /** From a vector a step to all answers and states in a row. */
  readonly cell: (wanted: readonly Tensor[]) => AnyCell;
  readonly answers: readonly Tensor[];
  readonly states: readonly Tensor[];
  /** True if it begins with the last step of its input. */
  readonly isBackward: boolean;
}

/** So many steps are looked at where the file does not say how many there are. */
const usualSteps = 4;

/** A body that does the same at each step; throws Unfit for one that does not. */
export function loopBody(setting: BodySetting, steps: number | undefined, ends: boolean): LoopBody {
  const { form } = setting;
  checkCounters(
    form,
    new Set(setting.counts.keys()),
    setting.sources.map(({ name }) => name),
  );
  const count = steps ?? usualSteps;
  const one = readStep(setting, 1, 0, setting.counts);
  const wanted = fingerprint(one, setting, 0, 1);
  const directions = new Set<boolean>();
  let counts = setting.counts;
  for (let t = 0; t < Math.min(count, usualSteps); t++) {
    const step = readStep(setting, count, t, counts);
    ensure(step.goesOn !== undefined, 'a condition that is computed from the input');
    const isLast = t === count - 1;
    ensure(step.goesOn || isLast, `an end after ${t + 1} of ${count} steps`);
    ensure(!isLast || ends || !step.goesOn, 'no end with the last step');
    const at = [t, count - 1 - t].find(own => fingerprint(step, setting, own, count) === wanted);
    ensure(at !== undefined, 'steps that do not all do the same, each with one step of its input');
    if (t !== count - 1 - t) directions.add(at !== t);
    counts = step.counts;
  }
  ensure(directions.size < 2, 'steps in no order');
  const given = form.sequences.map(({ isBackward }) => isBackward);
  ensure(new Set(given).size < 2, 'sequences of which some are read backwards');
  const isBackward = form.sequences.length ? given[0] : directions.has(true);
  const { answers, states } = one;
  const cell = (wanted: readonly Tensor[]) => cellOf(one, wanted);
  return { cell, answers, states, isBackward };
}

/** Reads the body for one of `count` steps; its states are inputs of their own. */
function readStep(
  { form, sources, constants, shapes, operatorSet, budget }: BodySetting,
  count: number,
  t: number,
  counts: ReadonlyMap<string, Constant>,
): Step {
  const program = new Program(budget, constantPart);
  const scope = new Scope();
  for (const [name, constant] of constants(count)) scope.set(name, constant);
  for (const [name, constant] of counts) scope.set(name, constant);
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const { ids } = program.input(inputName, [count, total], false);
  const x = ids.values()[0];
  let from = 0;
  for (const { name, isStep, size, shaped } of sources) {
    const own = isStep ? 1 : count;
    const step = isStep ? t : 0;
    const { dims, places } = shaped(own);
    const at = from;
    const all = Float64Array.from(places, place => {
      return x + (step + Math.floor(place / size)) * total + at + (place % size);
    });
    scope.set(name, program.tensor(dims, all));
    from += size;
  }
  for (const [i, { input }] of form.states.entries()) {
    if (counts.has(input)) continue;
    scope.set(input, program.input(stateName(i), shapes[i], false));
  }
  if (form.counter !== undefined) scope.set(form.counter, whole(t));
  if (form.condition) scope.set(form.condition.input, whole(1));
  const choices: Choice[] = [];
  const read = new Set(form.nodes.flatMap(({ inputs }) => inputs));
  for (const { name } of form.body.outputs) read.add(name);
  const graph: GraphProto = { ...form.body, nodes: [...form.nodes], inputs: [] };
  readNodes(graphOf(graph, new Map(), budget, scope.names()), scope, {
    ...{ program, budget, operatorSet, choices },
    isRead: name => name !== undefined && read.has(name),
  });
  const condition = form.condition && scope.get(form.condition.output);
  return {
    ...{ program, x },
    answers: form.answers.map(({ output }) => tensorIn(scope, output, program)),
    states: form.states.flatMap(({ input, output }) => {
      return counts.has(input) ? [] : [tensorIn(scope, output, program)];
    }),
    counts: new Map(
      form.states.flatMap(({ input, output }) => {
        if (!counts.has(input)) return [];
        const value = scope.get(output);
        ensure(value?.kind === 'constant', 'a whole number that is computed from the input');
        return [[input, value] as const];
      }),
    ),
    goesOn: !condition || (condition.kind === 'constant' ? condition.values()[0] !== 0 : undefined),
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

/**
 * All that a step computes as text, in which a step of its input is the same for each number of the
 * step; other steps are not.
 */
function fingerprint(
  { program, x, answers, states }: Step,
  { sources, form }: BodySetting,
  at: number,
  count: number,
): string {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  // A scan gives its body the step that is meant.
  const step = form.sequences.length ? undefined : at;
  const outputs = [...answers, ...states].map(({ ids }) => ids.values() as Float64Array);
  const parts = program.needed(outputs);
  const places = new Map([...parts.keys()].map((base, i) => [base, `p${i}`]));
  const inputs = new Map(program.inputs.map(({ base, name }) => [base, name]));
  const nameOf = (id: number): string => {
    if (id === 0) return '0';
    const base = program.baseOf(id);
    if (base !== x) return `${places.get(base) ?? inputs.get(base)}.${id - base}`;
    const own = Math.floor((id - x) / total);
    const isMeant = step === undefined || own === step;
    return isMeant ? `x.${(id - x) % total}` : `step ${own} of ${count}`;
  };
  const texts = [...parts.values()].map(part => {
    return `${part.where}|${part.size}|${expressionOf(part)}|${Array.from(part.reads, nameOf)}`;
  });
  const ends = [...answers, ...states].map(({ ids }) => {
    return `${ids.dims}|${Array.from(ids.values(), nameOf)}`;
  });
  return [...texts, ...ends].join('\n');
}

const expressionOf = (part: Part) =>
  'expression' in part ? JSON.stringify((part as ElementwisePart).expression) : '';

function cellOf(one: Step, wanted: readonly Tensor[]): AnyCell {
  const { program, states } = one;
  const ids = Float64Array.from(wanted.flatMap(({ ids: own }) => [...own.values()]));
  const inputs = program.inputs.filter(({ name }) => name !== inputName);
  const all = inputs.map(({ name, base }, i) => ({ name, base, tensor: states[i] }));
  const read = basesRead(program, [ids, ...states.map(({ ids: own }) => own.values() as Float64Array)]);
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
