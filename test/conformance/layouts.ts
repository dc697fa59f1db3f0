/** Gate orders, by the library's letters. */
export const orders = {
  own: { lstm: 'ifgo', gru: 'rzn', rnn: 'h' },
  webnn: { iofg: 'iofg', ifgo: 'ifgo', zrn: 'zrn', rzn: 'rzn' },
} as const;

export type Kind = keyof (typeof orders)['own'];
export type Matrix = readonly (readonly number[])[];

/** Blocks of rows, or of a bias, stacked in one order of gates, in another. */
export function reorder<T>(rows: readonly T[], from: string, to: string): T[] {
  const height = rows.length / from.length;
  return [...to].flatMap(gate => {
    const start = from.indexOf(gate) * height;
    return rows.slice(start, start + height);
  });
}

export function transpose(matrix: Matrix): number[][] {
  return matrix[0].map((_, j) => matrix.map(row => row[j]));
}

/** Row-major data of shape `[rows, columns]` as rows. */
export function rowsOf({ data, shape: [rows, columns] }: FlatMatrix): number[][] {
  return Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns));
}

export interface FlatMatrix {
  readonly data: number[];
  readonly shape: readonly number[];
}
