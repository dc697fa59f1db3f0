import { from } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { RecurError, recur, stateful } from '../../src/index.js';
import { backends } from '../../src/kernels/backends.js';
import { open } from '../examples/run.js';
import { sameBits } from '../laws/bits.js';
import { folder, present, readCases } from './cases.js';

interface Sentence {
  readonly unseg: string;
  readonly expected_bies: string;
}

if (present) describe('Unicode’s Thai segmentation', conforms);
else test.skip(`the published cases are not at ${folder}`, () => {});

function conforms(): void {
  const { testcases } = readCases<{ testcases: Sentence[] }>('icu-thai/cases.json');
  const weights = readCases<object>('icu-thai/weights.json');
  const opened = async () => {
    const network = await open('thai/network.mjs');
    const rows: number[][] = testcases.map(({ unseg }) => network.rowsOf(unseg, weights));
    return { network, cell: network.segmenter(weights), rows };
  };

  test.for(backends())('labels the 30 strings as published on %s', async backend => {
    const { cell, rows, network } = await opened();
    const model = stateful(cell, { backend });
    const labelled = rows.map(row => network.labelsOf(model.map(row as never)));
    expect(labelled).toEqual(testcases.map(({ expected_bies }) => expected_bies));
    expect(labelled).toHaveLength(30);
  });

  test('gives the same bits as chunks of a stream, whatever came before', async () => {
    const { cell, rows } = await opened();
    const wanted = rows.map(row => stateful(cell).map(row as never));
    const chunks: unknown[] = [];
    from(rows)
      .pipe(recur(cell, { chunks: true }) as never)
      .subscribe(ys => chunks.push(ys));
    sameBits(chunks, wanted);
  });

  test('is refused code point by code point, with the reason', async () => {
    const { cell, rows } = await opened();
    const errors: unknown[] = [];
    from(rows[0])
      .pipe(recur(cell) as never)
      .subscribe({ error: error => errors.push(error) });
    expect(errors).toEqual([expect.any(RecurError)]);
    expect(String(errors[0])).toMatch(/sequence|whole|chunks/);
    expect(() => stateful(cell)(rows[0][0] as never)).toThrow(RecurError);
  });

  test('a code point that is in no dictionary has the last row', async () => {
    const { network } = await opened();
    expect(network.rowsOf('กx😀', weights)).toEqual([0, 73, 73]);
    expect(network.rowsOf('', weights)).toEqual([]);
  });
}
