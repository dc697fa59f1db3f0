// A page of its own for one system: the lines of meter.mjs, asked for through `answer`. Pages know
// no processor time.
import { meter } from './meter.mjs';
import { systems } from './systems.mjs';

/** Makes a system ready and answers the backend that rxrecur has here. */
window.begin = async name => {
  window.answer = meter(await systems[name](), () => performance.now());
};
window.backend = async () => {
  const { backend, lstmCell } = await import('../../dist/core.js');
  return backend(lstmCell(8, 8));
};
