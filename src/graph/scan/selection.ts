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
    // A plain loop: `map` of a typed array takes several times as long.
    const values = new Int32Array(end - start);
    for (let position = start; position < end; position++)
      values[position - start] = array[this.#indexes[position] as number] as number;
    return values;
  }

  slice(start: number, end: number): R[] {
    const rows: R[] = [];
    for (let position = start; position < end; position++) rows.push(this.at(position));
    return rows;
  }
}

/** The rows of several selections, the highest id first. */
export function mergeSelections<R extends Row>(selections: readonly Selection<R>[]): Selection<R> {
  const [first = new Selection<R>([]), ...others] = selections;
  return others.reduce(mergeTwo, first);
}

function mergeTwo<R extends Row>(one: Selection<R>, other: Selection<R>) {
  const rows: R[] = [];
  let next = 0;
  for (let position = 0; position < one.size; position++) {
    const row = one.at(position);
    while (next < other.size && other.at(next).id > row.id) rows.push(other.at(next++));
    rows.push(row);
  }
  while (next < other.size) rows.push(other.at(next++));
  return new Selection(rows);
}
