import { createHash } from 'node:crypto';
import { RecurError } from '../errors.js';
import { AmbiguousOrderError } from '../io/ambiguous-order.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { besides } from './beside.js';
import { bytesOf } from './file-bytes.js';
import { formatOf, type ModelFormat } from './model-format.js';
import { type Modules, modulesText } from './modules-option.js';
import type { OnnxAnswers } from './onnx-option.js';
import { complain, unusable } from './stop.js';

export interface Model {
  readonly layer: LoadedLayer;
  /** SHA-256 of the file, of those that belong to it, and of what options or an assumption add. */
  readonly sha256: string;
  /** The order of its modules, as `--modules` takes it, if the file leaves several. */
  readonly assumedOrder?: string | undefined;
  /** What becomes of the state after each event, if the file leaves it open. */
  readonly state?: 'kept' | 'begins anew' | undefined;
  /** What its reader found out. */
  readonly notes?: readonly string[];
  /** What a user should know of the file: known faults of its exporter, say. */
  readonly warnings?: readonly string[];
}

/** A model file that has not been read yet. */
export interface ModelFile {
  /** What kind of file it is. */
  readonly format: string;
  /** How it becomes readable, if it is not: words, and lines to type. */
  readonly remedy?: ModelFormat['remedy'];
  /** What it says beside its network, by name. Throws a RecurError. */
  facts(): Promise<readonly (readonly [name: string, value: unknown])[]>;
  /** Throws a RecurError. */
  read(): Promise<Model>;
}

/** What the command line tells of a model file. */
export interface ModelOptions {
  readonly modules?: Modules | undefined;
  /** Each event is a sequence of its own. */
  readonly stateless?: boolean | undefined;
  /** What the file leaves open. */
  readonly onnx?: OnnxAnswers | undefined;
}

/** The model file at `path`, of any format. Throws a Stop. */
export async function openModel(path: string, options: ModelOptions = {}): Promise<ModelFile> {
  const { modules, stateless, onnx } = options;
  const bytes = await bytesOf(path);
  const format = formatOf(bytes);
  if (modules && !format.takesModules) {
    throw unusable(`--modules is for a PyTorch state_dict, and ${path} is ${format.name}`);
  }
  if (stateless && !format.takesStateless) {
    throw unusable(`--stateless is for ONNX, and ${path} is ${format.name}`);
  }
  if (onnx && !format.takesStateless) {
    throw unusable(`--onnx is for ONNX, and ${path} is ${format.name}`);
  }
  return {
    format: format.name,
    remedy: format.remedy,
    facts: async () => (await format.facts?.(bytes)) ?? [],
    async read() {
      const { namedIn = '' } = format;
      const others = await besides(path, namedIn, (await format.others?.(bytes)) ?? []);
      let assumed: readonly string[] | undefined;
      const onAssumedOrder = (prefixes: readonly string[]) => {
        assumed = prefixes;
      };
      let state: Model['state'];
      const onState = (taken: Model['state']) => {
        state = taken;
      };
      let notes: readonly string[] = [];
      const onNotes = (all: readonly string[]) => {
        notes = all;
      };
      const warnings: string[] = [];
      const onWarning = (warning: string) => warnings.push(warning);
      const told = { modules, stateless, onnx, onAssumedOrder, onState, onNotes, onWarning };
      const layer = await format.read(bytes, others, told);
      const hash = createHash('sha256');
      for (const part of [bytes, ...others]) hash.update(part);
      const order = modules ?? (assumed && Object.fromEntries(assumed.map(name => [name, {}])));
      if (order) hash.update(JSON.stringify(order));
      if (stateless) hash.update('stateless');
      if (onnx) hash.update(JSON.stringify(onnx));
      const assumedOrder = assumed && modulesText(assumed);
      return { layer, sha256: hash.digest('hex'), assumedOrder, state, notes, warnings };
    },
  };
}

/**
 * The model in the file at `path`, of any format; says on stderr what is assumed. Throws a Stop.
 */
export async function readModel(path: string, options: ModelOptions = {}): Promise<Model> {
  const file = await openModel(path, options);
  try {
    const model = await file.read();
    const { assumedOrder: order, warnings = [] } = model;
    for (const warning of warnings) await complain(`${path}: ${warning}`);
    if (order) await complain(`${path}: the order ${order} is assumed, ${orderHint}`);
    return model;
  } catch (error) {
    throw asStop(path, error);
  }
}

export const orderHint = 'recurrent layers first; --modules overrides it';

/** What a reader threw as the end of the command, where it is no fault of the library. */
export function asStop(path: string, error: unknown): unknown {
  if (error instanceof AmbiguousOrderError) {
    const { where, expected, got, orders } = error;
    const typed = orders.map(order => `--modules ${modulesText(order)}`).join(' or ');
    const remedy = typed || '--modules and all of them in their order';
    return unusable(`${path}: ${where}: expected ${expected}, got ${got}; give ${remedy}`);
  }
  if (error instanceof RecurError) return unusable(`${path}: ${error.message}`);
  // A reader's optional peer.
  const missing = /Cannot find package '([\w@/-]+)'/.exec(String(error))?.[1];
  return missing ? unusable(`${path}: to read it install the package ${missing}`) : error;
}
