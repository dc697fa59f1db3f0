import { dirname, join, normalize } from 'node:path';
import { describe, mismatch } from '../errors.js';
import { readObject } from '../io/json.js';
import type { LoadedLayer } from '../io/load.js';
import { bytesOf } from './file-bytes.js';

/** A format of model files, recognised by what a file holds. */
export interface ModelFormat {
  /** As messages call it. */
  readonly name: string;
  /** The paths of files that belong to it beside its own. */
  others?(bytes: Uint8Array): readonly string[];
  /** Throws a RecurError. Readers are loaded when they are needed: the command starts fast. */
  read(bytes: Uint8Array, others: readonly Uint8Array[]): Promise<LoadedLayer>;
}

const own: ModelFormat = {
  name: 'rxrecur (safetensors)',
  read: async bytes => (await import('../io/load.js')).load(bytes),
};

/** Its refusal says what a model file of ours would have. */
const unknown: ModelFormat = { ...own, name: 'unknown' };

const stateDict: ModelFormat = {
  name: 'PyTorch state_dict (safetensors)',
  async read(bytes) {
    const { readStateDict } = await import('../io/read-state-dict.js');
    const { readSafetensors } = await import('../io/read-safetensors.js');
    return readStateDict(readSafetensors(bytes).tensors);
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

const onnx: ModelFormat = {
  name: 'ONNX',
  read: async bytes => (await import('../io/onnx/index.js')).readOnnx(bytes),
};

const keras: ModelFormat = {
  name: 'Keras',
  read: async bytes => (await import('../io/keras/index.js')).readKeras(bytes),
};

const tfjs: ModelFormat = {
  name: 'TensorFlow.js layers model',
  others: shardsOf,
  read: async (bytes, shards) => (await import('../io/tfjs/index.js')).readTfjs(bytes, shards),
};

const numpy: ModelFormat = {
  name: 'NumPy',
  async read() {
    throw mismatch('model', 'a model', "NumPy's arrays", 'they are parameters without a network');
  },
};

/** The format of a file. */
export function formatOf(bytes: Uint8Array): ModelFormat {
  const head = Buffer.from(bytes.subarray(0, 9)).toString('latin1');
  if (head.startsWith('\x93NUMPY')) return numpy;
  if (head.startsWith('PK')) return Buffer.from(bytes).includes('config.json') ? keras : numpy;
  if (head.startsWith('\x89HDF\r\n\x1a\n')) return keras;
  if (/^(\xef\xbb\xbf)?\s*\{/.test(head)) return jsonFormat(bytes);
  if (head[8] === '{') return isOwn(bytes) ? own : stateDict;
  // The field that all writers of ONNX begin with: ir_version.
  return head.startsWith('\x08') ? onnx : unknown;
}

/** By the names that the formats begin with; the reader then reads all of it. */
function jsonFormat(bytes: Uint8Array): ModelFormat {
  const text = Buffer.from(bytes).toString('latin1');
  if (/"(weightsManifest|modelTopology)"\s*:/.test(text)) return tfjs;
  return /"state_dict"\s*:/.test(text) ? guitarMl : rtneural;
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

/** The files beside a model file that it names; refuses names that lead elsewhere. */
export function besides(path: string, names: readonly string[]): Promise<Uint8Array[]> {
  const folder = dirname(path);
  return Promise.all(
    names.map(name => {
      const inside = normalize(name);
      if (/^([/\\]|[a-z]:|\.\.([/\\]|$))/i.test(inside)) {
        throw mismatch('weightsManifest', 'paths below that of the model', name);
      }
      return bytesOf(join(folder, inside));
    }),
  );
}
