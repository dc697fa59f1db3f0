// worker.js: the network
import { stateful } from 'rxrecur';
import { load } from 'rxrecur/io';

let m;
self.onmessage = ({ data: { model, snapshot, x, stop } }) => {
  if (model) m = stateful(load(model), { restore: snapshot });
  // A copy: an output may share its buffer with others, and all of that would be sent.
  if (x) self.postMessage({ y: m(x).slice() });
  if (stop) self.postMessage({ snapshot: m.snapshot() });
};
