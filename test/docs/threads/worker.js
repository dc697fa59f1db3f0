// worker.js: the network
import { stateful } from 'rxrecur';
import { load } from 'rxrecur/io';

let m;
self.onmessage = ({ data: { model, snapshot, x, stop } }) => {
  if (model) m = stateful(load(model), { restore: snapshot, transferable: true });
  if (x) {
    const y = m(x);
    self.postMessage({ y }, [y.buffer]);
  }
  if (stop) self.postMessage({ snapshot: m.snapshot() });
};
