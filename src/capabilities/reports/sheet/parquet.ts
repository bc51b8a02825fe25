import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { DAY } from "../../../config/index.ts";
import { type DecimalSize, sizeOfDecimal, toUnscaled } from "./decimal-sum.ts";
import {
  type Cell,
  type Column,
  type ColumnType,
  type FileParts,
  type SheetRow,
  type Table,
  UNREADABLE,
} from "./table.ts";

/** The number of rows written together, in some ten milliseconds. */
const GROUP_SIZE = 1_000;
/** The decimal digits of a 64-bit integer, and of the widest decimals that most readers support. */
const LONG_DIGITS = 18;
const MOST_DIGITS = 38;
/** The bytes of the widest decimals. */
const WIDE_BYTES = 16;

/**
 * Writes a table as Apache Parquet: decimals as DECIMAL with all of their digits, days as DATE, times as TIMESTAMP;
 * unreadable values are null. Decimals are measured first, since a column has one scale.
 */
export function* writeParquet(table: Table): FileParts {
  const sizes = yield* measureDecimals(table);
  const columns = table.columns.map((column, index) => parquetColumn(column, sizes[index]));
  const writer = new ByteWriter();
  const schema = [{ name: "root", num_children: columns.length }, ...columns.map(({ element }) => element)];
  const parquet = new ParquetWriter({ writer, schema, statistics: false, createdBy: "alma-gateway" });
  const take = () => {
    const bytes = new Uint8Array(writer.getBuffer());
    writer.index = 0;
    return bytes;
  };
  const writeGroup = (rows: readonly SheetRow[]) => {
    const columnData = columns.map(({ element: { name }, toStored }, index) => ({
      name,
      offsetIndex: false,
      data: rows.map((row) => {
        const cell = row[index] ?? null;
        return cell === null || cell === UNREADABLE ? null : toStored(cell);
      }),
    }));
    parquet.write({ columnData, rowGroupSize: GROUP_SIZE });
    return take();
  };
  let group: SheetRow[] = [];
  for (const rows of table.batches()) {
    for (const row of rows) {
      group.push(row);
      if (group.length < GROUP_SIZE) continue;
      yield writeGroup(group);
      group = [];
    }
    yield "";
  }
  if (group.length > 0) yield writeGroup(group);
  parquet.finish();
  yield take();
}

/**
 * Returns the digits that the decimals of each column need; undefined for other columns, or if a value is not a
 * decimal.
 */
function* measureDecimals({
  columns,
  batches,
}: Table): Generator<string, readonly (DecimalSize | undefined)[], void> {
  const sizes = columns.map(({ type }): DecimalSize | undefined =>
    type === "decimal" ? { whole: 0, scale: 0 } : undefined,
  );
  const decimals = columns.flatMap(({ type }, index) => (type === "decimal" ? [index] : []));
  if (decimals.length === 0) return sizes;
  for (const rows of batches()) {
    for (const row of rows)
      for (const index of decimals) {
        const cell = row[index];
        const size = sizes[index];
        if (typeof cell !== "string" || !size) continue;
        const own = sizeOfDecimal(cell);
        sizes[index] = own && {
          whole: Math.max(size.whole, own.whole),
          scale: Math.max(size.scale, own.scale),
        };
      }
    yield "";
  }
  return sizes;
}

/** The schema element of a column's type, and how its values are stored; text by default. */
type Stored = readonly [
  element: Omit<SchemaElement, "name">,
  toStored: (cell: Exclude<Cell, null | symbol>) => unknown,
];
const plain: Partial<Record<ColumnType, Stored>> = {
  integer: [{ type: "INT32" }, Number],
  number: [{ type: "DOUBLE" }, Number],
  boolean: [{ type: "BOOLEAN" }, Boolean],
  date: [
    { type: "INT32", converted_type: "DATE" },
    (cell) => Math.floor(Date.parse(`${cell}T00:00:00Z`) / DAY),
  ],
  moment: [{ type: "INT64", converted_type: "TIMESTAMP_MILLIS" }, (cell) => new Date(String(cell))],
};

function parquetColumn({ title: name, type }: Column, size: DecimalSize | undefined) {
  const [element, toStored] = (size ? decimal(size) : plain[type]) ?? [
    { type: "BYTE_ARRAY", converted_type: "UTF8" },
    String,
  ];
  return { element: { name, repetition_type: "OPTIONAL" as const, ...element }, toStored };
}

/** Undefined if decimals cannot be that wide. */
function decimal({ whole, scale }: DecimalSize): Stored | undefined {
  if (whole + scale > MOST_DIGITS) return undefined;
  const stored =
    whole + scale <= LONG_DIGITS
      ? ({ type: "INT64", precision: LONG_DIGITS } as const)
      : ({ type: "FIXED_LEN_BYTE_ARRAY", type_length: WIDE_BYTES, precision: MOST_DIGITS } as const);
  return [{ ...stored, converted_type: "DECIMAL", scale }, (cell) => toUnscaled(String(cell), scale)];
}
