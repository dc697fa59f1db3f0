/** The rooms of src, lowest first: a room may import itself and any room before it. */
export const rooms = [
  'errors',
  'arrays',
  'kernels',
  'graph',
  'code',
  'streams',
  'cells',
  'layers',
  'durable',
  'operators',
];
/** Rooms on top: none of the rooms above imports them. Only cli imports its neighbours. */
export const tops = ['learning', 'io', 'cli'];

const inside = names => `^src/(${names.join('|')})([/.]|$)`;

const upward = rooms.slice(0, -1).map((room, i) => ({
  name: `${room}-imports-upward`,
  comment: `${rooms.join(' <- ')} <- ${tops.join(', ')}: imports run one way.`,
  severity: 'error',
  from: { path: inside([room]), pathNot: '^src/durable[.]ts$' },
  to: { path: inside(rooms.slice(i + 1)) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: 'rooms-import-a-top',
      comment: 'learning, io and cli stand on the other rooms; none of those knows them.',
      severity: 'error',
      from: { path: inside(rooms) },
      to: { path: inside(tops) },
    },
    {
      name: 'tops-import-each-other',
      comment: 'learning and io stand beside each other; only cli may use both.',
      severity: 'error',
      from: { path: '^src/(learning|io)/' },
      to: { path: inside(tops), pathNot: '^src/$1/' },
    },
    {
      name: 'doors-are-for-users',
      comment: 'index.ts and core.ts are re-exports for users; rooms import files.',
      severity: 'error',
      from: { path: inside([...rooms, 'learning', 'io']) },
      to: { path: '^src/(index|core|durable)[.]ts$' },
    },
    {
      name: 'only-operators-import-rxjs',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/operators/' },
      to: { path: '(^|/)node_modules/rxjs/' },
    },
    {
      name: 'core-is-free-of-rxjs',
      comment: 'rxrecur/core works where rxjs is not installed.',
      severity: 'error',
      from: { path: '^src/core[.]ts$' },
      to: { path: '(^|/)node_modules/rxjs/', reachable: true },
    },
    {
      name: 'doors-do-not-open-the-cli',
      severity: 'error',
      from: { path: '^src/(index|core)[.]ts$' },
      to: { path: '^src/cli/', reachable: true },
    },
    {
      name: 'only-cli-and-adapters-need-node',
      comment: 'Everything but the command and logs on disks runs in a page.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|durable/(file|lmdb)-)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-cli-parses-arguments-and-csv',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '(^|/)node_modules/(commander|csv-parse|csv-stringify)/' },
    },
    {
      name: 'only-kernels-import-blas',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kernels/' },
      to: { path: '(^|/)node_modules/ndarray-blas-level2/' },
    },
    {
      name: 'only-onnx-imports-pbf',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/io/onnx/' },
      to: { path: '(^|/)node_modules/pbf/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'unknown-room',
      comment: 'A new room is named in this file first.',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [inside([...rooms, ...tops]), '^src/(index|core|durable)[.]ts$'],
      },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '[.]d[.]ts$|^src/tsconfig[.]json$' },
      to: {},
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer'],
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|docs|dist)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default'],
      extensions: ['.ts', '.d.ts', '.js'],
    },
  },
};
