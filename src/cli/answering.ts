import { type AnswerWriter, answerWriter } from './answers.js';
import { type ColumnNames, Columns, checkHeader } from './columns.js';
import { CsvRows } from './csv-rows.js';
import type { Delivery } from './delivery.js';
import type { RowFormat } from './format.js';
import { JsonRows } from './json-rows.js';
import type { Line } from './lines.js';
import type { RunOptions } from './options.js';
import type { Progress } from './progress.js';
import { asBadRow, type RowStream } from './row-stream.js';
import type { Row, RowReader } from './rows.js';
import { complain, exitCode, Stop } from './stop.js';

interface Parts {
  readonly options: RunOptions;
  /** Known from the command line or from the output's name; else the input's. */
  readonly outputFormat: RowFormat | undefined;
  /** Of its inputs, in order, if they were chosen. */
  readonly columns: readonly string[] | undefined;
  readonly inputSize: number;
  /** Names of the outputs. */
  readonly outputs: readonly string[];
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
  #headed = false;
  #row = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Answers the rows on these lines. Throws a Stop for a bad one, unless those are skipped. */
  async answer(lines: readonly Line[], format: RowFormat): Promise<void> {
    const { delivery, stream, progress } = this.#parts;
    this.#reader ??= format === 'csv' ? new CsvRows() : new JsonRows();
    this.#writer ??= this.#newWriter(format);
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
    const { delivery, outputFormat = format, progress } = this.#parts;
    if (this.#reader && !this.#columns) this.#checkHeader(this.#reader);
    if (outputFormat) this.#writer ??= this.#newWriter(outputFormat);
    this.#addHeader();
    await delivery.flush({ end: true });
    if (progress.skipped === 0) return;
    await this.#complain(`${progress.skipped} of ${this.#row} rows skipped`);
  }

  #newWriter(format: RowFormat): AnswerWriter {
    const { options, outputFormat = format, outputs } = this.#parts;
    return answerWriter(outputFormat, options.keep ?? [], outputs);
  }

  /** Steps a row and adds its answer, or tells what is wrong with it. */
  #tryRow(row: Row, reader: RowReader, writer: AnswerWriter): string | undefined {
    if ('problem' in row) return row.problem;
    const { inputSize, stream, delivery } = this.#parts;
    try {
      this.#columns ??= new Columns(reader, this.#named(), inputSize, row.fields, text => {
        return writer.kept(reader, text);
      });
      const answer = stream.answer(row.fields, this.#columns);
      this.#addHeader();
      delivery.add(writer.write(answer));
      return undefined;
    } catch (error) {
      return asBadRow(error);
    }
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
