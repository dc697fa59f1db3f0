/** Tests of the core: they hold on every backend, in Node and in a page. */
const folders = 'arrays cells equations golden kernels laws layers operators'.split(' ');

export const core = ['test/errors.test.ts', ...folders.map(name => `test/${name}/**/*.test.ts`)];

/** Tests of the compiler and of what finds it: where nothing compiles there is nothing to test. */
export const compilerOnly = [
  'test/kernels/backends.test.ts',
  'test/equations/{engines,compiled-engine}.test.ts',
  'test/layers/decay.test.ts',
];
