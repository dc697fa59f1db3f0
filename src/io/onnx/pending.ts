import type { AnyCell } from '../../equations/cell.js';
import { Unfit } from './flow.js';

const pending =
  (name: string) =>
  (..._: unknown[]): AnyCell => {
    throw new Unfit(`${name} is not there yet`);
  };

export const windowCell = pending('windowCell');
export const bidirectionalCell = pending('bidirectionalCell');
export const backwardCell = pending('backwardCell');
export const conv1dCell = pending('conv1dCell');
export const maxPool1dCell = pending('maxPool1dCell');
export const averagePool1dCell = pending('averagePool1dCell');
export const lastCell = pending('lastCell');
export const globalMaxPool1dCell = pending('globalMaxPool1dCell');
export const globalAveragePool1dCell = pending('globalAveragePool1dCell');
