/** A record with a slot in the arrays for the records of its kind; -1 without a slot. */
export interface WithSlot {
  readonly slot: number;
}

/** The values of all cached records of a kind, by slot. */
export interface ColumnValues<R extends WithSlot> {
  write(record: R): void;
}

/** The number of records written between two yields. */
const STRIDE = 2_048;

/** The maximum number of changes remembered for unused columns. */
const MAX_CHANGES = 8_192;

interface Column<R extends WithSlot> {
  readonly values: ColumnValues<R>;
  /** The records to write before the column can be used. */
  readonly unwritten: Iterator<R>;
  isFilled: boolean;
  /** The number of changes that the column contains or may ignore. */
  changeCount: number;
}

/**
 * The columns of one kind by key. A column is created on first use; later uses write only the slots of changed records.
 * A column unused during some thousand changes is dropped, so that only columns in use take memory.
 */
export class ColumnStore<R extends WithSlot> {
  readonly #records: () => Iterable<R>;
  readonly #columns = new Map<string, Column<R>>();
  /** The changed records in order, possibly repeated. */
  #changed: R[] = [];
  /** The number of changes before those in `#changed`. */
  #forgottenCount = 0;
  /** The slots of lists of records, as of the last eviction. */
  #slots = new WeakMap<readonly R[], Int32Array>();

  /** `records`: returns all cached records. */
  constructor(records: () => Iterable<R>) {
    this.#records = records;
  }

  /** Records that a record changed, or gained or lost its slot. */
  noteChange(record: R): void {
    if (record.slot === -1) this.#slots = new WeakMap();
    if (this.#columns.size === 0) return;
    this.#changed.push(record);
    if (this.#changed.length > MAX_CHANGES) this.#forgetChanges(MAX_CHANGES / 2);
  }

  /**
   * Returns the column of a key with all changes so far; `create` creates a new one. Undefined while the column is
   * being filled: each call fills another part, so that the caller can yield and call again.
   */
  advance<V extends ColumnValues<R>>(key: string, create: () => V): V | undefined {
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
   * Returns the slots of a list's records, valid at least until the next yield. They are cached with the list, since
   * visiting each record takes longer than a filter.
   */
  slotsOf(list: readonly R[]): Int32Array {
    const known = this.#slots.get(list);
    if (known) return known;
    // A plain loop: Int32Array.from is several times slower.
    const slots = new Int32Array(list.length);
    for (let index = 0; index < list.length; index++) slots[index] = (list[index] as R).slot;
    this.#slots.set(list, slots);
    return slots;
  }

  #add(key: string, values: ColumnValues<R>): Column<R> {
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
function writeNext<R extends WithSlot>(column: Column<R>) {
  for (let count = 0; count < STRIDE; count++) {
    const { value, done } = column.unwritten.next();
    if (done) return true;
    writeIfRemembered(column, value);
  }
  return false;
}

function writeIfRemembered<R extends WithSlot>({ values }: Column<R>, record: R) {
  if (record.slot !== -1) values.write(record);
}
