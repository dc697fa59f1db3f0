import { axesText, ensure, type Flow, one, widthOf } from './flow.js';
import { type Constant, weightsOf } from './tensor.js';

/** A flow with the axes of size 1 that a constant of more axes gives it. */
export function withAxes(flow: Flow, { dims }: Constant): Flow {
  const missing = Math.max(0, dims.length - flow.axes.length);
  return missing ? { ...flow, axes: [...new Array(missing).fill(one), ...flow.axes] } : flow;
}

/** A constant as a vector for each number of a step, broadcast as ONNX does. */
export function spread(constant: Constant, flow: Flow): Float32Array {
  const values = weightsOf(constant);
  const { dims } = constant;
  const { axes, layout } = flow;
  const why = `a constant of shape [${dims}] with ${axesText(flow)}`;
  const strides = new Map<unknown, number>();
  let stride = 1;
  for (let d = dims.length - 1, i = axes.length - 1; d >= 0; d--, i--) {
    const axis = axes[i];
    if (dims[d] !== 1) {
      ensure(axis?.role === 'feature' && axis.size === dims[d], why);
      strides.set(axis, stride);
    }
    stride *= dims[d];
  }
  const out = new Float32Array(widthOf(flow));
  for (let k = 0; k < out.length; k++) {
    let [at, rest] = [0, k];
    for (let i = layout.length - 1; i >= 0; i--) {
      at += (rest % layout[i].size) * (strides.get(layout[i]) ?? 0);
      rest = Math.floor(rest / layout[i].size);
    }
    out[k] = values[at];
  }
  return out;
}
