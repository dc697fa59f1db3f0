import * as ort from 'onnxruntime-web';
import { onnxruntime } from './onnxruntime.mjs';

ort.env.wasm.numThreads = 1;
if (typeof window !== 'undefined') ort.env.wasm.wasmPaths = '/ort/';

export const web = onnxruntime(ort, { executionProviders: ['wasm'] });
