import { defineConfig } from 'vitepress';

/** As high as they are: the default theme would clip them and show a scrollbar. */
const equations =
  'mjx-container[display="true"] { overflow: auto hidden }' +
  'mjx-container[display="true"] > svg { vertical-align: top !important }';

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
      { text: 'Cells', link: '/cells' },
      { text: 'API', link: '/api' },
    ],
    sidebar: [
      { text: 'Guide', link: '/guide' },
      { text: 'State and reset', link: '/state-and-reset' },
      { text: 'Sequences and batches', link: '/sequences-and-batches' },
      { text: 'Layers', link: '/layers' },
      { text: 'Keys', link: '/keys' },
      { text: 'Forecast', link: '/forecast' },
      { text: 'Signals', link: '/signals' },
      { text: 'Three real networks', link: '/networks' },
      { text: 'Telemetry', link: '/telemetry' },
      { text: 'Cells', link: '/cells' },
      { text: 'Cells of your own', link: '/own-cells' },
      { text: 'Parameters', link: '/parameters' },
      { text: 'PyTorch', link: '/pytorch' },
      { text: 'RTNeural and GuitarML', link: '/rtneural' },
      { text: 'Layouts', link: '/layouts' },
      { text: 'ONNX', link: '/onnx' },
      { text: 'Keras', link: '/keras' },
      { text: 'TensorFlow.js', link: '/tfjs' },
      { text: 'Errors', link: '/errors' },
      { text: 'Workers and AudioWorklets', link: '/workers' },
      { text: 'Performance', link: '/performance' },
      { text: 'Machine code', link: '/machine-code' },
      { text: 'Command line', link: '/cli' },
      {
        text: 'API',
        link: '/api',
        items: [
          { text: 'rxrecur', link: '/api/index/' },
          { text: 'rxrecur/core', link: '/api/core/' },
          { text: 'rxrecur/io', link: '/api/io/' },
          { text: 'rxrecur/io/npy', link: '/api/io/npy/' },
          { text: 'rxrecur/io/rtneural', link: '/api/io/rtneural/' },
          { text: 'rxrecur/io/onnx', link: '/api/io/onnx/' },
          { text: 'rxrecur/io/keras', link: '/api/io/keras/' },
          { text: 'rxrecur/io/tfjs', link: '/api/io/tfjs/' },
        ],
      },
    ],
  },
});
