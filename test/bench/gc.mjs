// The garbage collector as a function, whether or not Node was started with --expose-gc.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const gc = globalThis.gc ?? runInNewContext('gc');
