import type { Budget } from './budget.js';
import type { LoopForm } from './loop-form.js';
import type { Constant } from './tensor.js';
import type { ElementwisePart } from './whole-elementwise.js';
import type { Part, Program, Tensor } from './whole-program.js';

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
  /** Constants around it by the names that it calls them. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Shapes of the states, in their order. */
  readonly shapes: readonly (readonly number[])[];
  /** States that count, where they begin. */
  readonly counts: ReadonlyMap<string, Constant>;
  readonly operatorSet: number;
  readonly budget: Budget;
}

/** One step of a body: its numbers, and what goes into the next one. */
export interface Step {
  readonly program: Program;
  readonly answers: readonly Tensor[];
  readonly states: readonly Tensor[];
  readonly counts: ReadonlyMap<string, Constant>;
  readonly goesOn: boolean | undefined;
}

/** All that a step computes as text. */
export function fingerprint({ program, answers, states }: Step): string {
  const outputs = [...answers, ...states].map(({ ids }) => ids.values() as Float64Array);
  const parts = program.needed(outputs);
  const places = new Map([...parts.keys()].map((base, i) => [base, `p${i}`]));
  const inputs = new Map(program.inputs.map(({ base, name }) => [base, name]));
  const nameOf = (id: number): string => {
    const base = program.baseOf(id);
    return id === 0 ? '0' : `${places.get(base) ?? inputs.get(base)}.${id - base}`;
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
