import { expect, test } from 'vitest';
import { root } from './blocks.js';
import { keysPicture } from './pictures/keys.js';
import { networkPicture } from './pictures/networks.js';
import { roomsPicture } from './pictures/rooms.js';
import { forecastPicture, framePicture } from './pictures/signals.js';
import { chunksPicture, resetPicture } from './pictures/streams.js';

const pictures = {
  'cell-layer-network': networkPicture,
  'chunks-batch': chunksPicture,
  forecast: forecastPicture,
  'frame-overlap-add': framePicture,
  'recur-by': keysPicture,
  'recur-reset': resetPicture,
  rooms: roomsPicture,
};

test.each(Object.entries(pictures))(
  'docs/%s.svg shows what the library computes, or what the sources say',
  async (name, draw) => {
    await expect(await draw()).toMatchFileSnapshot(`${root}docs/${name}.svg`);
  },
);
