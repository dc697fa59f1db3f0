import type { Computation, Plan, PlanOutput, Port } from './plan.js';

const one: readonly Port[] = [{ name: 'x', dimension: 'input' }];

/** What a plan reads, in order: x of input size, unless its text declares other inputs. */
export function inputsOf({
  inputs = one,
}: {
  readonly inputs?: Plan['inputs'] | undefined;
}): readonly Port[] {
  return inputs;
}

/** What a plan answers, in order: y alone, unless its text declares other outputs. */
export function outputsOf({ outputs, output }: Computation): readonly PlanOutput[] {
  return outputs ?? [{ name: 'y', node: output }];
}
