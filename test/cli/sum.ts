import { rnn } from '../../src/index.js';
import { save } from '../../src/io/index.js';
import { type Ended, file, linesOf, rxrecur } from './command.js';

/** A running sum: its answers, and a forecast's, which doubles at each step, are worked by hand. */
export const sum = rnn(1, 1, {
  activation: 'identity',
  params: { weightIh: [1], weightHh: [1], biasIh: [0], biasHh: [0] },
});
export const sumFile = file('sum.safetensors', save(sum));

/** `rxrecur run SUM …args` with this stdin, to its end. */
export function runSum(args: readonly string[], input: string): Promise<Ended> {
  return rxrecur(['run', sumFile, ...args], input);
}

/** The lines of answers of a run that must end well. */
export async function answersOf(args: readonly string[], input: string): Promise<string[]> {
  const { code, stdout, stderr } = await runSum(args, input);
  if (code !== 0 || stderr) throw new Error(`code ${code}: ${stderr}`);
  return linesOf(stdout);
}

/** Each run with its input must end with code 2 and a message that holds the text. */
export async function refusals(
  cases: readonly (readonly [args: readonly string[], input: string, message: string])[],
): Promise<readonly { readonly got: Ended; readonly message: string }[]> {
  return Promise.all(
    cases.map(async ([args, input, message]) => ({ got: await runSum(args, input), message })),
  );
}
