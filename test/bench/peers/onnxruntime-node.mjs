import ort from 'onnxruntime-node';
import { onnxruntime } from './onnxruntime.mjs';

export const node = onnxruntime(ort, { intraOpNumThreads: 1, interOpNumThreads: 1 });
