/** Networks in RTNeural's JSON, and in that of GuitarML, Proteus and AIDA-X. */
export { readGuitarMl } from './read-guitar-ml.js';
export { readRtneural } from './read-rtneural.js';
