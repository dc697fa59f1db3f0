import { defineConfig } from 'vitepress';

/** As high as they are: the default theme would clip them and show a scrollbar. */
const equations =
  'mjx-container[display="true"] { overflow: auto hidden }' +
  'mjx-container[display="true"] > svg { vertical-align: top !important }';

/** A part of the sidebar: page by title. */
const group = (text: string, pages: Readonly<Record<string, string>>) => ({
  text,
  items: Object.entries(pages).map(([title, page]) => ({ text: title, link: `/${page}` })),
});

export default defineConfig({
  title: 'rxrecur',
  description: 'Recurrent neural networks as RxJS operators',
  markdown: { math: true },
  head: [['style', {}, equations]],
  /** The index of the search is one chunk. */
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  /** Made by typedoc, which the tests of the pages don't run. */
  ignoreDeadLinks: [/^\/api\//],
  themeConfig: {
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'API', link: '/api' },
    ],
    sidebar: [
      group('Start', {
        Guide: 'guide',
        Recipes: 'recipes',
        'From Flux': 'flux',
        'By hand': 'by-hand',
      }),
      group('Streams', {
        'State and reset': 'state-and-reset',
        'Sequences and batches': 'sequences-and-batches',
        Keys: 'keys',
        Forecast: 'forecast',
        Telemetry: 'telemetry',
        Signals: 'signals',
      }),
      group('Durable jobs', {
        'Durable jobs': 'durable',
        Operations: 'durable-operations',
        Logs: 'durable-adapters',
        'From one machine to many': 'durable-servers',
        NATS: 'durable-nats',
        Redis: 'durable-redis',
      }),
      group('Networks', {
        Layers: 'layers',
        Cells: 'cells',
        'Cells of your own': 'own-cells',
        'Three real networks': 'networks',
      }),
      group('Bring a model', {
        'Will my file run?': 'files',
        PyTorch: 'pytorch',
        Keras: 'keras',
        'TensorFlow.js': 'tfjs',
        ONNX: 'onnx',
        'RTNeural and GuitarML': 'rtneural',
        'Neural Amp Modeler': 'nam',
        Parameters: 'parameters',
        Layouts: 'layouts',
      }),
      group('Run anywhere', { 'Command line': 'cli', 'Workers and AudioWorklets': 'workers' }),
      group('Reference', {
        Errors: 'errors',
        API: 'api',
        Performance: 'performance',
        'Machine code': 'machine-code',
        'How it is built': 'how-it-is-built',
      }),
      group('Generated', {
        rxrecur: 'api/index/',
        'rxrecur/core': 'api/core/',
        'rxrecur/io': 'api/io/',
        'rxrecur/io/npy': 'api/io/npy/',
        'rxrecur/io/rtneural': 'api/io/rtneural/',
        'rxrecur/io/nam': 'api/io/nam/',
        'rxrecur/io/onnx': 'api/io/onnx/',
        'rxrecur/io/keras': 'api/io/keras/',
        'rxrecur/io/tfjs': 'api/io/tfjs/',
        'rxrecur/durable': 'api/durable/',
        'rxrecur/durable/file': 'api/durable/file-log/',
        'rxrecur/durable/lmdb': 'api/durable/lmdb-log/',
        'rxrecur/durable/nats': 'api/durable/nats-log/',
        'rxrecur/durable/redis': 'api/durable/redis-log/',
      }),
    ],
  },
});
