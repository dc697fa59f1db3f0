import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { keysPicture } from './pictures/keys.js';
import { networkPicture } from './pictures/networks.js';
import { forecastPicture, framePicture } from './pictures/signals.js';
import { chunksPicture, resetPicture } from './pictures/streams.js';

const pictures = {
  'cell-layer-network': networkPicture,
  'chunks-batch': chunksPicture,
  forecast: forecastPicture,
  'frame-overlap-add': framePicture,
  'recur-by': keysPicture,
  'recur-reset': resetPicture,
};

test.each(Object.entries(pictures))(
  'docs/%s.svg shows what the library computes',
  async (name, draw) => {
    await expect(draw()).toMatchFileSnapshot(`${root}docs/${name}.svg`);
  },
);
