import { text } from 'node:stream/consumers';
import { type JobStates, jobStates } from '../durable/states.js';
import { asUnusable, openOldLog } from './log-places.js';
import { openStdout } from './output.js';

import { checkCreds, stateOf } from './serve-places.js';
import { complain, unusable } from './stop.js';

type Act = (states: JobStates, key: string | undefined) => Promise<void>;

/** The job whose states are meant. */
export interface JobPlace {
  /** A log. */
  readonly state: string;
  readonly job: string;
  /** A file. */
  readonly creds?: string;
}

/** Does something with the states of a job. Throws a Stop. */
export async function onStates(
  { state, job, creds }: JobPlace,
  act: Act,
  key: string | undefined,
): Promise<void> {
  checkCreds(creds, [state]);
  const log = await openOldLog(stateOf(state, undefined, creds));
  try {
    await act(jobStates(log, job), key);
  } catch (error) {
    throw asUnusable(error);
  } finally {
    await log.close();
  }
}

const print = (value: unknown) => openStdout().write(`${JSON.stringify(value)}\n`);

export const list: Act = async states => {
  for await (const state of states.list()) await print(state);
};

export const get: Act = async (states, key = '') => {
  const snapshot = await states.get(key);
  if (!snapshot) throw noState(key);
  await print(snapshot);
};

export const reset: Act = async (states, key = '') => {
  if (!(await states.reset(key))) throw noState(key);
};

export const exportAll: Act = async (states, key) => {
  if (key !== undefined) {
    const snapshot = await states.get(key);
    if (!snapshot) throw noState(key);
    return print({ key, snapshot });
  }
  for await (const [of, snapshot] of states.export()) await print({ key: of, snapshot });
};

/** One that is refused ends it: those before it are in. */
export const importAll: Act = async (states, key) => {
  const lines = (await text(process.stdin)).split('\n').filter(line => line.trim());
  let count = 0;
  for (const [i, line] of lines.entries()) {
    const { key: of = key, snapshot } = parsed(line, i);
    if (typeof of !== 'string') throw unusable(`stdin, line ${i + 1}: expected a key, got none`);
    if (key === undefined || of === key) {
      await states.import(of, snapshot);
      count++;
    }
  }
  if (key !== undefined && !count) throw unusable(`stdin: expected a state of ${key}, got none`);
  await complain(`${count} imported`);
};

/** A line of an export, or a bare snapshot. */
function parsed(line: string, i: number): { readonly key?: unknown; readonly snapshot: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw unusable(`stdin, line ${i + 1}: expected JSON, got ${(error as Error).message}`);
  }
  const isLine = Object.hasOwn(Object(value), 'snapshot');
  return isLine ? (value as { snapshot: unknown }) : { snapshot: value };
}

function noState(key: string) {
  return unusable(`the key ${key} has no state; rxrecur state ls shows those that have`);
}
