// Started by flip.mjs: a value of an LMDB environment with a bit that flips. It is put in the
// value's place, as pages move while others write.
import { open } from 'lmdb';

let db;
let key;
let own;
let flipped;

const answers = {
  /** One of the newest values of a row; undefined: there is none. */
  draw({ path, row, among, byte, mask }) {
    db = open({ path, noSubdir: false, encoding: 'binary', overlappingSync: false });
    const end = [...row, Number.POSITIVE_INFINITY];
    const keys = [...db.getKeys({ start: row, end })].slice(-3);
    key = keys[Math.floor(among * keys.length)];
    const value = key && db.get(key);
    if (!value) return undefined;
    own = Buffer.from(value);
    flipped = Buffer.from(value);
    flipped[Math.floor(byte * flipped.length)] ^= mask;
    return key.join('/');
  },
  flip: () => db.put(key, flipped),
  back: () =>
    db.transaction(() => {
      // A newer snapshot may have taken its place.
      const there = db.get(key);
      if (there && flipped.equals(there)) db.put(key, own);
    }),
};

process.on('message', async ({ call, ...options }) => {
  process.send({ answer: await answers[call](options) });
});
