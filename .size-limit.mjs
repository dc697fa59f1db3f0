const page = {
  path: 'dist/index.js',
  import: '{ recur, chain, lstm, dense }',
  ignore: ['rxjs'],
  gzip: true,
};

/** Defined away, as docs/workers.md tells a page that counts its bytes. */
const modifyEsbuildConfig = config => ({ ...config, define: { RXRECUR_PORTABLE: 'false' } });

export default [
  { ...page, name: 'recur, chain, lstm, dense (gzip, without rxjs)', limit: '29.8 kB' },
  { ...page, name: 'the same without the portable path', limit: '26.2 kB', modifyEsbuildConfig },
];
