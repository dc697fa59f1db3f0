import { parse } from 'csv-parse/sync';
import { checkNames, demand, mismatch, RecurError } from '../errors.js';
import { parseJson, textOfBytes } from '../io/json.js';
import { decimalNumber } from './decimal-number.js';
import { bytesOf } from './file-bytes.js';
import { type Scale, Scaling } from './scaling.js';
import { unusable } from './stop.js';

type Fields = Readonly<Record<string, unknown>>;

const columns = ['name', 'mean', 'scale'];

/** The attributes of scikit-learn's StandardScaler: those that are read, and others. */
const attributes = [
  ...['mean_', 'scale_', 'feature_names_in_', 'with_mean', 'with_std'],
  ...['copy', 'var_', 'n_features_in_', 'n_samples_seen_'],
];

/**
 * The scales in a file: CSV or a JSON array with `name`, `mean` and `scale` of each column, or the
 * attributes of scikit-learn's StandardScaler as a JSON object. Throws a Stop for any other.
 */
export async function readScaling(path: string): Promise<Scaling> {
  const bytes = await bytesOf(path);
  try {
    const text = textOfBytes('file', bytes);
    const content = /^\s*[{[]/.test(text) ? parseJson('file', text) : readCsv(text);
    return Array.isArray(content) ? ofRows(path, content) : ofScaler(path, content);
  } catch (error) {
    if (!(error instanceof RecurError)) throw error;
    throw unusable(`--scale ${path}: ${error.message}`);
  }
}

function readCsv(text: string): readonly unknown[] {
  try {
    return parse(text, { columns: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw mismatch('file', `CSV with the columns ${columns.join(', ')}`, (error as Error).message);
  }
}

function ofRows(path: string, rows: readonly unknown[]): Scaling {
  demand(rows.length, 'rows', `${columns.join(', ')} of each column`, rows);
  const scales = new Map<string, Scale>();
  for (const [i, row] of rows.entries()) {
    const where = `row ${i + 1}`;
    checkNames(where, row, columns);
    const { name, mean, scale } = row as Fields;
    const isOther = typeof name === 'string' && name !== '' && !scales.has(name);
    demand(isOther, `${where}: name`, 'that of another column', name);
    scales.set(name, scaleOf(mean, scale, where));
  }
  return new Scaling(path, [...scales.values()], [...scales.keys()]);
}

function ofScaler(path: string, scaler: unknown): Scaling {
  checkNames("scikit-learn's StandardScaler", scaler, attributes);
  const { with_mean: hasMean, with_std: hasScale, feature_names_in_: named } = scaler as Fields;
  const means = hasMean === false ? undefined : listOf(scaler, 'mean_');
  const scales = hasScale === false ? undefined : listOf(scaler, 'scale_');
  const { length } = means ?? scales ?? [];
  demand(length, 'mean_ and scale_', 'numbers', means);
  const names = named === undefined ? undefined : listOf(scaler, 'feature_names_in_');
  for (const list of [scales, names]) {
    const isOne = list === undefined || list.length === length;
    demand(isOne, 'mean_, scale_ and feature_names_in_', 'lists of one length', list);
  }
  const found = Array.from({ length }, (_, i) =>
    scaleOf(means ? means[i] : 0, scales ? scales[i] : 1, `[${i}]`),
  );
  if (!names) return new Scaling(path, found);
  return ofRows(
    path,
    found.map((scale, i) => ({ name: names[i], ...scale })),
  );
}

function listOf(scaler: object, name: string): readonly unknown[] {
  const list = (scaler as Fields)[name];
  demand(Array.isArray(list), name, 'a list', list);
  return list;
}

function scaleOf(mean: unknown, scale: unknown, where: string): Scale {
  return {
    mean: finite(mean, `${where}: mean`, 'a finite number', () => true),
    scale: finite(scale, `${where}: scale`, 'a finite number more than 0', value => value > 0),
  };
}

function finite(given: unknown, where: string, expected: string, fits: (value: number) => boolean) {
  const value = typeof given === 'string' ? decimalNumber(given) : given;
  // Within float32, so that no answer becomes infinite.
  const isNumber = typeof value === 'number' && Number.isFinite(Math.fround(value));
  demand(isNumber && fits(value), where, expected, given);
  return value;
}
