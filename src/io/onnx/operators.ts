import { convOperators } from './conv-operators.js';
import { denseOperators } from './dense-operators.js';
import { elementwiseOperators } from './elementwise-operators.js';
import { functionOperators } from './function-operators.js';
import { loopOperators } from './loop-operators.js';
import { normOperators } from './norm-operators.js';
import type { Operator } from './reading.js';
import { recurrentOperators } from './recurrent-operators.js';
import { reduceOperators } from './reduce-operators.js';

/** What is read of ONNX's own operators, beside what is computed of constants. */
export const operators: Readonly<Record<string, Operator>> = {
  ...recurrentOperators,
  ...loopOperators,
  ...denseOperators,
  ...convOperators,
  ...elementwiseOperators,
  ...functionOperators,
  ...normOperators,
  ...reduceOperators,
};
