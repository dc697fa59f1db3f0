import { checkPlain, decode, encode } from '../streams/encoding.js';
import { copyValue } from '../streams/values.js';
import type { DeadLetter, DurableOutput, Told } from './event.js';
import type { Letter, Outputs, RecordHead, RecordParts } from './record.js';

/** An output, and which event of its record it answers. */
export interface Output {
  readonly at: number;
  readonly offset: number;
  readonly key: string;
  readonly y: unknown;
}

/** An output as it is now: the model's own, or plain data, copied. Throws for what is neither. */
export function ownAnswer(answer: unknown, y: unknown): unknown {
  if (answer === y && y instanceof Float32Array) return y;
  checkPlain(answer, 'output');
  return copyValue(answer);
}

/** Outputs as a record holds them: vectors of one size as float32, others as JSON. */
export function packOutputs(
  all: readonly Output[],
  from: number,
): { readonly outputs: Outputs; readonly values?: Float32Array } {
  const indices = new Map<string, number>();
  const at: number[] = Array(3 * all.length);
  let i = 0;
  for (const { at: event, offset, key } of all) {
    let index = indices.get(key);
    if (index === undefined) indices.set(key, (index = indices.size));
    at[i++] = event;
    at[i++] = offset - from;
    at[i++] = index;
  }
  const keys = [...indices.keys()];
  const size = sizeIn(all);
  if (size === undefined) {
    const json = all.map(({ y }, i) => encode(y, `outputs[${i}]`));
    return { outputs: { keys, at, json } };
  }
  const values = new Float32Array(all.length * size);
  for (const [i, { y }] of all.entries()) values.set(y as Float32Array, i * size);
  return { outputs: { keys, at, size }, values };
}

/** The length of all, where all are vectors of one length. */
function sizeIn(all: readonly Output[]): number | undefined {
  const [{ y: first }] = all;
  if (!(first instanceof Float32Array) || !first.length) return undefined;
  const { length } = first;
  const isLike = (y: unknown) => y instanceof Float32Array && y.length === length;
  return all.every(({ y }) => isLike(y)) ? length : undefined;
}

/** What a record tells. */
export function toldBy({ head, values }: RecordParts): Told {
  const { outputs, letters = [] } = head;
  const own = outputs ? unpackOutputs(outputs, values, head.from) : [];
  return tell(head, own, letters);
}

/** Outputs and letters with what tells them from all others. */
export function tell(
  head: Pick<RecordHead, 'job' | 'partition' | 'sequence'>,
  outputs: readonly Output[],
  letters: readonly Letter[],
): Told {
  const { job, partition, sequence } = head;
  // An event answers once at most: k is there for those that will answer more often.
  const start = `${job}:${partition}:`;
  const id = (at: number) => `${start}${sequence + at}:0`;
  return {
    outputs: outputs.map(
      ({ at, offset, key, y }): DurableOutput => ({ id: id(at), partition, offset, key, y }),
    ),
    letters: letters.map(({ at, ...letter }): DeadLetter => ({ id: id(at), partition, ...letter })),
  };
}

function unpackOutputs(
  { keys, at, size, json }: Outputs,
  values: Float32Array | undefined,
  from: number,
): Output[] {
  return Array.from({ length: at.length / 3 }, (_, i) => {
    const y = size && values ? values.slice(i * size, (i + 1) * size) : decode(json?.[i]);
    return { at: at[3 * i], offset: at[3 * i + 1] + from, key: keys[at[3 * i + 2]], y };
  });
}

/** The sequence number in an id; -1 for no id of this job and partition. */
export function sequenceOf(id: string | undefined, job: string, partition: number): number {
  const start = `${job}:${partition}:`;
  if (!id?.startsWith(start)) return -1;
  const [sequence] = id.slice(start.length).split(':');
  return /^\d+$/.test(sequence) ? Number(sequence) : -1;
}
