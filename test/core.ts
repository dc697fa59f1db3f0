/** Tests of the core: they hold on every backend, in Node and in a page. */
const folders = 'arrays cells equations golden kernels laws layers operators'.split(' ');

export const core = ['test/errors.test.ts', ...folders.map(name => `test/${name}/**/*.test.ts`)];
