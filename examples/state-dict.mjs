// Weights that PyTorch trained, in a file that its state_dict was saved to as safetensors.
import { readFileSync } from 'node:fs';
import { from } from 'rxjs';
import { chain, dense, gru } from 'rxrecur';
import { fromStateDict, readSafetensors } from 'rxrecur/io';

const file = new URL('ecg/weights.safetensors', import.meta.url);
const { tensors } = readSafetensors(readFileSync(file));
console.log(
  Object.keys(tensors)
    .filter(name => name.startsWith('flag.'))
    .join(' '),
);

// A layer with the same shapes, and where to find its tensors. All names must be accounted for.
const model = fromStateDict(chain(gru(2, 16), dense(16, 1)), tensors, {
  prefix: ['flag.gru.', 'flag.dense.'],
  ignore: ['forecast.', 'frontend.'],
});
console.log(`${model}`);

const { weightHh } = model.params[0];
console.log(`weightHh [${weightHh.shape}], the first number is ${weightHh.get(0, 0).toFixed(4)}`);
from([
  [0, 0],
  [1, -1],
])
  .pipe(model)
  .subscribe(([logit]) => console.log(`logit ${logit.toFixed(4)}`));
