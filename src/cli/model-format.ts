import { describe, mismatch } from '../errors.js';
import { kindOf } from '../io/file-kind.js';
import type { FileFormat, FileKind } from '../io/file-kinds.js';
import { readObject } from '../io/json.js';
import type { LoadedLayer } from '../io/loaded-layer.js';
import { hintOf } from '../io/misread.js';
import type { OnnxOptions } from '../io/onnx/inputs.js';
import type { ReadStateDictOptions } from '../io/read-state-dict.js';
import type { OnnxAnswers } from './onnx-option.js';

/** A format of model files, recognised by what a file holds. */
export interface ModelFormat {
  /** As messages call it. */
  readonly name: string;
  /** The paths of files that belong to it beside its own, and where it names them. */
  others?(bytes: Uint8Array): Promise<readonly string[]>;
  readonly namedIn?: string;
  /** How the file becomes readable, if it is not: words, and lines to type. */
  readonly remedy?: Pick<FileKind, 'remedy' | 'lines'>;
  /** What a file says beside its network, by name. */
  facts?(bytes: Uint8Array): Promise<readonly (readonly [name: string, value: unknown])[]>;
  /** True if `--modules` tells what the file does not. */
  readonly takesModules?: boolean;
  /** True if `--stateless` chooses what becomes of the state. */
  readonly takesStateless?: boolean;
  /** Throws a RecurError. Readers are loaded when they are needed: the command starts fast. */
  read(
    bytes: Uint8Array,
    others: readonly Uint8Array[],
    options: ReadOptions,
  ): Promise<LoadedLayer>;
}

/** What the command line tells a reader, and is told by it. */
export interface ReadOptions extends ReadStateDictOptions {
  readonly stateless?: boolean | undefined;
  readonly onnx?: OnnxAnswers | undefined;
  /** Called if the file leaves open what becomes of the state after each event. */
  onState?(state: 'kept' | 'begins anew'): void;
  /** Called with what a reader found out about a file, line by line. */
  onNotes?(notes: readonly string[]): void;
  /** Called with each thing that a user should know of the file: a fault of its exporter, say. */
  onWarning?(warning: string): void;
}

const roundedIn = async (bytes: Uint8Array) => (await import('./rounded.js')).roundedIn(bytes);

const own: ModelFormat = {
  name: 'rxrecur (safetensors)',
  facts: roundedIn,
  read: async bytes => (await import('../io/load.js')).load(bytes),
};

/** Its refusal says what a model file of ours would have. */
const unknown: ModelFormat = { name: 'unknown', read: own.read };

/** A file that no reader reads. */
function foreign(kind: FileKind): ModelFormat {
  return {
    name: kind.what,
    remedy: kind,
    async read() {
      throw mismatch('model', 'a model file', kind.what, hintOf(kind));
    },
  };
}

const stateDict: ModelFormat = {
  name: 'PyTorch state_dict (safetensors)',
  facts: roundedIn,
  takesModules: true,
  async read(bytes, _others, { modules, onAssumedOrder }) {
    const { readStateDict } = await import('../io/read-state-dict.js');
    const { readSafetensors } = await import('../io/read-safetensors.js');
    return readStateDict(readSafetensors(bytes).tensors, { modules, onAssumedOrder });
  },
};

const rtneural: ModelFormat = {
  name: 'RTNeural (JSON)',
  read: async bytes => (await import('../io/rtneural/index.js')).readRtneural(bytes),
};

const guitarMl: ModelFormat = {
  name: 'GuitarML (JSON)',
  read: async bytes => (await import('../io/rtneural/index.js')).readGuitarMl(bytes),
};

const nam: ModelFormat = {
  name: 'Neural Amp Modeler (.nam)',
  async facts(bytes) {
    const { version, architecture, sampleRate, metadata } = (await nams()).namInfo(bytes);
    const own = Object.entries({ version, architecture, 'sample rate': sampleRate, ...metadata });
    return own.filter(([, value]) => value !== undefined);
  },
  read: async bytes => (await nams()).readNam(bytes),
};

const nams = () => import('../io/nam/index.js');

const onnx: ModelFormat = {
  name: 'ONNX',
  facts: async bytes => (await import('./rounded.js')).roundedInOnnx(bytes),
  takesStateless: true,
  namedIn: 'external_data',
  others: dataFilesOf,
  async read(bytes, others, { stateless, onnx, onState, onNotes, onWarning }) {
    const names = await dataFilesOf(bytes);
    const data = Object.fromEntries(names.map((name, i) => [name, others[i]]));
    const { readOnnxModel } = await import('../io/onnx/read-onnx.js');
    const options: OnnxOptions = {
      ...{ data, faults: 'repair', ...onnx, ...(stateless && { stateful: false }) },
      onWarning: ({ where, why }) => onWarning?.(`${where}: ${why}`),
    };
    const model = readOnnxModel(bytes, options);
    const { layer, state, states = [], choices = [], found = [] } = model;
    if (state) onState?.(state);
    onNotes?.([
      ...found.map(text => `found       ${text}: no other value in the file works`),
      ...states.map(({ input, output, by }) => `state       ${input} ← ${output}: ${by}`),
      ...choices.map(({ where, branch }) => `folded      ${where}: the ${branch} branch`),
    ]);
    return layer;
  },
};

async function dataFilesOf(bytes: Uint8Array): Promise<readonly string[]> {
  return (await import('../io/onnx/open-model.js')).onnxDataFiles(bytes);
}

const keras: ModelFormat = {
  name: 'Keras',
  read: async bytes => (await import('../io/keras/index.js')).readKeras(bytes),
};

const tfjs: ModelFormat = {
  name: 'TensorFlow.js layers model',
  namedIn: 'weightsManifest',
  others: async bytes => shardsOf(bytes),
  read: async (bytes, shards) => (await import('../io/tfjs/index.js')).readTfjs(bytes, shards),
};

const numpy: ModelFormat = {
  name: 'NumPy',
  async read() {
    throw mismatch('model', 'a model', "NumPy's arrays", 'they are parameters without a network');
  },
};

const formats: Readonly<Record<FileFormat, ModelFormat>> = {
  ...{ safetensors: stateDict, keras, hdf5: keras, onnx, npy: numpy, npz: numpy },
  ...{ tfjs, rtneural, guitarml: guitarMl, nam },
};

/** The format of a file. */
export function formatOf(bytes: Uint8Array): ModelFormat {
  const kind = kindOf(bytes);
  // Damaged, it may still begin as ONNX does, with ir_version.
  if (!kind) return bytes[0] === 0x08 ? onnx : unknown;
  if (!('format' in kind)) return foreign(kind);
  return kind.format === 'safetensors' && isOwn(bytes) ? own : formats[kind.format];
}

/** The paths that the `weightsManifest` of a model.json names. */
function shardsOf(bytes: Uint8Array): readonly string[] {
  const { weightsManifest } = readObject('model.json', bytes);
  const groups = Array.isArray(weightsManifest) ? weightsManifest : [];
  return groups.flatMap((group: unknown) => {
    const paths: unknown = Object(group).paths;
    const areNames = Array.isArray(paths) && paths.every(path => typeof path === 'string');
    if (areNames && paths.length <= mostShards) return paths as string[];
    throw mismatch('weightsManifest', 'paths', describe(paths));
  });
}

const mostShards = 10_000;

/** True for safetensors whose metadata say that save wrote them. */
function isOwn(bytes: Uint8Array): boolean {
  const length = Number(Buffer.from(bytes).readBigUInt64LE(0));
  const header = Buffer.from(bytes.subarray(8, 8 + Math.min(length, bytes.length)));
  return /"format"\s*:\s*"rxrecur\/model"/.test(header.toString('latin1'));
}
