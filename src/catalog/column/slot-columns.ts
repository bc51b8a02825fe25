/** A record with a place in arrays that have an entry for each remembered record of its kind; -1 if it has none. */
export interface Slotted {
  readonly slot: number;
}

/** A value of each remembered record of a kind, by slot. */
export interface SlotValues<R extends Slotted> {
  /** Writes the value of a record to its slot. */
  write(record: R): void;
}

/** So many records are written between two places where others may have their turn. */
const STRIDE = 2_048;

/** So many changes are remembered for columns that have not been asked for since. */
const MAX_CHANGES = 8_192;

interface Column<R extends Slotted> {
  readonly values: SlotValues<R>;
  /** The records that are still to be written before the column can be used. */
  readonly unwritten: Iterator<R>;
  isFilled: boolean;
  /** How many changes of the kind it contains, or need not contain. */
  changeCount: number;
}

/**
 * The columns of one kind, by key. A column is made when it is first asked for; from then on only the slots of changed
 * records are written, when it is asked for again. Not asked for during some thousand changes, it is dropped: columns
 * take memory only while they are in use.
 */
export class SlotColumns<R extends Slotted> {
  readonly #records: () => Iterable<R>;
  readonly #columns = new Map<string, Column<R>>();
  /** The records that have changed, the last one last; of a record's changes there may be several. */
  #changed: R[] = [];
  /** How many changes came before those in `#changed`. */
  #forgottenCount = 0;
  /** The slots of lists of records, as of the last eviction. */
  #slots = new WeakMap<readonly R[], Int32Array>();

  /** `records` returns all remembered records. */
  constructor(records: () => Iterable<R>) {
    this.#records = records;
  }

  /** Notes that the value of a record has changed, or that the record is new in its slot, or has lost it. */
  noteChange(record: R): void {
    if (record.slot === -1) this.#slots = new WeakMap();
    if (this.#columns.size === 0) return;
    this.#changed.push(record);
    if (this.#changed.length > MAX_CHANGES) this.#forgetChanges(MAX_CHANGES / 2);
  }

  /**
   * The column of a key, with all changes so far, made by `create` if it is new. Undefined while it is being filled:
   * each call then fills the next part, so that the caller may give others their turn and call again.
   */
  advance<V extends SlotValues<R>>(key: string, create: () => V): V | undefined {
    const column = this.#columns.get(key) ?? this.#add(key, create());
    if (!column.isFilled) {
      column.isFilled = writeNext(column);
      if (!column.isFilled) return undefined;
    }
    for (let index = column.changeCount - this.#forgottenCount; index < this.#changed.length; index++)
      writeIfRemembered(column, this.#changed[index] as R);
    column.changeCount = this.#forgottenCount + this.#changed.length;
    return column.values as V;
  }

  /**
   * The slots of the records of a list. They hold until a record is evicted, so at least until the next turn of others;
   * they are kept with the list, since looking at each record takes longer than a filter does.
   */
  slotsOf(list: readonly R[]): Int32Array {
    const known = this.#slots.get(list);
    if (known) return known;
    // A plain loop: Int32Array.from takes several times as long.
    const slots = new Int32Array(list.length);
    for (let index = 0; index < list.length; index++) slots[index] = (list[index] as R).slot;
    this.#slots.set(list, slots);
    return slots;
  }

  #add(key: string, values: SlotValues<R>): Column<R> {
    const column: Column<R> = {
      values,
      unwritten: this.#records()[Symbol.iterator](),
      isFilled: false,
      changeCount: this.#forgottenCount + this.#changed.length,
    };
    this.#columns.set(key, column);
    return column;
  }

  #forgetChanges(count: number): void {
    this.#changed = this.#changed.slice(count);
    this.#forgottenCount += count;
    for (const [key, { changeCount }] of this.#columns)
      if (changeCount < this.#forgottenCount) this.#columns.delete(key);
    if (this.#columns.size === 0) this.#changed = [];
  }
}

/** Writes the next records. Returns whether they were the last. */
function writeNext<R extends Slotted>(column: Column<R>): boolean {
  for (let count = 0; count < STRIDE; count++) {
    const { value, done } = column.unwritten.next();
    if (done) return true;
    writeIfRemembered(column, value);
  }
  return false;
}

function writeIfRemembered<R extends Slotted>({ values }: Column<R>, record: R): void {
  if (record.slot !== -1) values.write(record);
}
