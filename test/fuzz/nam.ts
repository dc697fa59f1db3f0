import { readFileSync } from 'node:fs';
import { readNam } from '../../src/io/nam/index.js';
import type { Reader } from './reader.js';

const cases: readonly { readonly name: string; readonly file: object }[] = JSON.parse(
  readFileSync('test/golden/nam/models.json', 'utf8'),
);

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const container = (model: object) => ({
  ...{ version: '0.7.0', architecture: 'SlimmableContainer', weights: [] },
  config: { submodels: [{ max_value: 1, model }] },
});

export const nam: Reader = {
  name: 'nam',
  seeds: () => {
    const files = cases.map(({ file }) => file);
    return [...files, container(files[0])].map(bytesOf);
  },
  read: readNam,
};
