// audio-page.js
import { chain, dense, gru } from 'rxrecur';

const { params } = chain(gru(1, 16, { seed: 1 }), dense(16, 1, { seed: 2 }));
await context.audioWorklet.addModule('processor.js');
const node = new AudioWorkletNode(context, 'filter', { processorOptions: { params } });
source.connect(node).connect(context.destination);

node.port.postMessage('reset');
