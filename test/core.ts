/** Tests of the core: they hold on every backend, in Node and in a page. */
const folders = 'arrays cells code golden graph kernels laws layers operators streams'.split(' ');

export const core = ['test/errors.test.ts', ...folders.map(name => `test/${name}/**/*.test.ts`)];

/** Tests of what an engine has: a lane that hides some of it has nothing to say there. */
export const engineOnly = ['test/kernels/backends.test.ts'];

/** Tests of the compiler: where nothing compiles there is nothing to test. */
export const compilerOnly = [
  'test/code/{engines,compiled-engine}.test.ts',
  'test/streams/decay.test.ts',
  'test/golden/kept/kept.test.ts', // bits of plain SIMD
];
