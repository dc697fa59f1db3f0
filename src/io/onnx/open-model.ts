import { demand, describe, mismatch, RecurError } from '../../errors.js';
import { typedArrayName } from '../../streams/values.js';
import { misread } from '../misread.js';
import { attachData, type DataFiles, dataFilesOf } from './external-data.js';
import { type GraphProto, type ModelProto, readModel } from './proto.js';

/** The names of the files that hold weights of an ONNX file's. */
export function onnxDataFiles(bytes: Uint8Array): readonly string[] {
  return guarded(() => dataFilesOf(graphIn(bytes).graph));
}

/** The model in a file's bytes, with the numbers that lie in other files. */
export function modelOf(where: string, bytes: Uint8Array, data: DataFiles = {}) {
  const model = graphIn(bytes);
  attachData(where, model.graph, data);
  return model;
}

/** The same, without the numbers that lie in other files. */
export function graphIn(bytes: Uint8Array): ModelProto & { graph: GraphProto } {
  demand(typedArrayName(bytes) === 'Uint8Array', 'onnx', "a file's bytes as a Uint8Array", bytes);
  try {
    const model = readModel(bytes);
    const { graph } = model;
    if (graph) return { ...model, graph };
    throw mismatch('onnx', 'a model with a graph', 'none', 'the file may be of another format');
  } catch (error) {
    throw misread('onnx', 'onnx', bytes, error);
  }
}

/** Runs a reader: whatever a file does to it is a RecurError. */
export function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RecurError) throw error;
    throw new RecurError({
      where: 'onnx',
      expected: 'a file that can be read',
      got: describe(error),
      cause: error,
    });
  }
}
