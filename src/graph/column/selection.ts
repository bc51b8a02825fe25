import type { Row } from "./column.ts";

/** Some rows of a list, in its order: the highest id first. */
export class Selection<R extends Row> {
  readonly list: readonly R[];
  readonly size: number;
  readonly #indexes: Int32Array | undefined;

  /** `indexes`: those of the rows in the list; undefined for all of them. */
  constructor(list: readonly R[], indexes?: Int32Array) {
    this.list = list;
    this.size = indexes?.length ?? list.length;
    this.#indexes = indexes;
  }

  /** The index in the list of the row at a position in the selection. */
  indexAt(position: number): number {
    return this.#indexes === undefined ? position : (this.#indexes[position] as number);
  }

  /** The row at a position in the selection. */
  at(position: number): R {
    return this.list[this.indexAt(position)] as R;
  }

  /** What an array with an entry for each row of the list has for the rows from `start` to `end`. */
  valuesOf(array: Int32Array, start: number, end: number): Int32Array {
    if (this.#indexes === undefined) return array.subarray(start, end);
    return this.#indexes.subarray(start, end).map((index) => array[index] as number);
  }

  slice(start: number, end: number): R[] {
    const rows: R[] = [];
    for (let position = start; position < end; position++) rows.push(this.at(position));
    return rows;
  }
}
