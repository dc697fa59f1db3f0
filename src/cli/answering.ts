import { type AnswerWriter, answerWriter } from './answers.js';
import { type ColumnNames, Columns, checkHeader } from './columns.js';
import { CsvRows } from './csv-rows.js';
import type { Delivery } from './delivery.js';
import { type AnswerFormat, isTable, type RowFormat } from './format.js';
import { checkFormats, delimiterOf, sameFormat } from './formats.js';
import type { Line } from './held-line.js';
import { JsonRows } from './json-rows.js';
import type { RunOptions } from './options.js';
import type { Progress } from './progress.js';
import { asBadRow, type RowStream } from './row-stream.js';
import type { Fields, Row, RowReader } from './rows.js';
import { type Scale, type Scaling, scalesOf, textsOf } from './scaling.js';
import { complain, exitCode, Stop } from './stop.js';

interface Parts {
  readonly options: RunOptions;
  /** Known from the command line or from the output's name; else the input's. */
  readonly outputFormat: AnswerFormat | undefined;
  /** Of its inputs, in order, if they were chosen. */
  readonly columns: readonly string[] | undefined;
  readonly inputSize: number;
  /** Names of the outputs, those of the steps ahead too. */
  readonly outputs: readonly string[];
  readonly scaling: Scaling | undefined;
  /** How the output begins where the answers are appended to others, under their header. */
  readonly head: string | undefined;
  readonly stream: RowStream;
  readonly delivery: Delivery;
  readonly progress: Progress;
}

/** Takes the lines of the input and delivers the answers. */
export class Answering {
  readonly #parts: Parts;
  #reader: RowReader | undefined;
  #writer: AnswerWriter | undefined;
  #columns: Columns | undefined;
  /** What scales each output back, if anything does. */
  #scales: readonly (Scale | undefined)[] = [];
  #headed = false;
  #row = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Answers the rows on these lines. Throws a Stop for a bad one, unless those are skipped. */
  async answer(lines: readonly Line[], format: RowFormat): Promise<void> {
    const { delivery, stream, progress } = this.#parts;
    this.#reader ??= this.#newReader(format);
    this.#writer ??= this.#newWriter(sameFormat(format));
    for (const row of this.#reader.read(lines)) {
      this.#row++;
      const problem = this.#tryRow(row, this.#reader, this.#writer);
      if (problem !== undefined) await this.#refuse(row, problem);
      stream.count();
      progress.rows++;
      if (delivery.due) await delivery.flush();
    }
    await delivery.flush();
  }

  /** The end of the input: a table without rows still has its header. */
  async end(format: RowFormat | undefined): Promise<void> {
    const { delivery, outputFormat = format && sameFormat(format), progress } = this.#parts;
    if (this.#reader && !this.#columns) this.#checkHeader(this.#reader);
    if (outputFormat) this.#writer ??= this.#newWriter(outputFormat);
    this.#addHeader();
    await delivery.flush({ end: true });
    if (progress.skipped === 0) return;
    await this.#complain(`${progress.skipped} of ${this.#row} rows skipped`);
  }

  #newReader(format: RowFormat): RowReader {
    const { options, outputFormat = sameFormat(format) } = this.#parts;
    checkFormats(options, format, outputFormat);
    if (!isTable(format)) return new JsonRows();
    return new CsvRows({ delimiter: delimiterOf(format, options), header: options.header });
  }

  #newWriter(format: AnswerFormat): AnswerWriter {
    const { options, outputFormat = format, outputs } = this.#parts;
    const delimiter = delimiterOf(outputFormat, options);
    return answerWriter(outputFormat, options.keep ?? [], outputs, delimiter);
  }

  /** Steps a row and adds its answer, or tells what is wrong with it. */
  #tryRow(row: Row, reader: RowReader, writer: AnswerWriter): string | undefined {
    if ('problem' in row) return row.problem;
    const { stream, delivery } = this.#parts;
    try {
      this.#columns ??= this.#findColumns(row.fields, reader, writer);
      const { kept, y } = stream.answer(row.fields, this.#columns);
      this.#addHeader();
      delivery.add(writer.write(kept, textsOf(y, this.#scales)));
      return undefined;
    } catch (error) {
      return asBadRow(error);
    }
  }

  /** Finds the columns, and what scales their numbers, at the first row. */
  #findColumns(fields: Fields, reader: RowReader, writer: AnswerWriter): Columns {
    const { inputSize, scaling, outputs, options } = this.#parts;
    const write = (text: string) => writer.kept(reader, text);
    const columns = new Columns(reader, this.#named(), inputSize, fields, write, scaling);
    const isForecast = options.forecast !== undefined;
    this.#scales = scalesOf(scaling, outputs, columns.scales, isForecast);
    return columns;
  }

  /** A table without rows: whether its header could be used can be told all the same. */
  #checkHeader(reader: RowReader): void {
    const { inputSize } = this.#parts;
    if (reader.header) checkHeader(reader, reader.header, this.#named(), inputSize);
  }

  /** The columns that the command line names. */
  #named(): ColumnNames {
    const { options, columns } = this.#parts;
    return { ...options, columns };
  }

  #addHeader(): void {
    const { head, delivery, options } = this.#parts;
    if (this.#headed || !this.#writer) return;
    if (head === undefined) delivery.add(this.#writer.header);
    else this.#writer.checkHead(head, options.output as string);
    this.#headed = true;
  }

  async #refuse(row: Row, problem: string): Promise<void> {
    const { options, delivery, progress } = this.#parts;
    const message = `row ${this.#row}, line ${row.line}: ${problem}`;
    if (options.onError === 'stop' || ('lost' in row && row.lost)) {
      await delivery.flush();
      throw new Stop(exitCode.badRow, message);
    }
    progress.skipped++;
    await this.#complain(`${message}; skipped`);
  }

  #complain(message: string): Promise<void> {
    const { progress, delivery } = this.#parts;
    return delivery.unlessStopped(progress.aside('stderr', () => complain(message)));
  }
}
