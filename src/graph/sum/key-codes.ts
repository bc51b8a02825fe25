import type { Kind } from "../../catalog/index.ts";
import type { PeriodUnit } from "../generated.ts";
import type { Block } from "../scan/block.ts";
import type { Column, Row } from "../scan/column.ts";
import { type Comparison, numbers } from "../scan/comparison.ts";
import type { GroupContext, GroupKey, KeyValue, MeasureValues } from "../spec/group-spec.ts";
import { truncateDay } from "./period.ts";

/** A key that groups have in common. */
export interface GroupedKey {
  /** Its value of the schema's enum. */
  readonly name: string;
  readonly key: GroupKey;
  /** How coarse a day is taken; undefined if the key is no day. */
  readonly unit: PeriodUnit | undefined;
}

/** The code of rows that have no value of a key. */
export const NO_VALUE = 0;

/** The values of a key in rows, as codes: whole numbers from 0 on. */
export function createKeyCodes({ key, unit }: GroupedKey, size: number, context: GroupContext) {
  const codes = new Int32Array(size);
  const values: (KeyValue | null)[] = [null];
  const names: (readonly (string | null)[])[] = [];
  /** By code: what the key shows, if that is a part. */
  const parts: unknown[] = [null];
  const codeByValue = new Map<KeyValue, number>();
  const readPart = key.part?.read(context);

  function codeOfKey(value: KeyValue | null, row: Row) {
    if (value === null) return NO_VALUE;
    return codeByValue.get(value) ?? addValue(value, row);
  }

  function addValue(value: KeyValue, row: Row) {
    const code = values.length;
    values.push(value);
    codeByValue.set(value, code);
    if (!readPart) return code;
    const part = readPart(row);
    parts.push(part);
    const { nameOf } = key.part ?? {};
    if (nameOf) names[code] = [nameOf(part as never)];
    return code;
  }

  function columnReader(kind: Kind, { column: of, derive }: Extract<GroupKey, { flags?: undefined }>) {
    const column = typeof of === "function" ? of(context, kind) : of;
    const derived = derive?.(context) as ((value: unknown) => KeyValue | null) | undefined;
    const truncated = (value: unknown) => truncateDay(unit as PeriodUnit, value as string);
    const toKey = derived ?? (unit ? truncated : (value: unknown) => value as KeyValue);
    // Numbers are the values that they stand for: the row, which takes longer to reach, need not be looked at.
    const isNumber = column.comparison === (numbers as Comparison<unknown>);
    const codeOf = (entry: unknown, row: Row) => {
      const value = isNumber ? (Number.isNaN(entry) ? null : entry) : column.read(row);
      return value === null ? NO_VALUE : codeOfKey(toKey(value), row);
    };
    // Blocks have numbers of a column whose comparison has a scale, otherwise values: each is looked at once.
    const codeByEntry = new Map<unknown, number>();
    const read = (block: Block, start: number) => {
      const entries = column.comparison.scale ? block.numbers(column).numbers : block.values(column);
      for (let index = 0; index < block.size; index++) {
        const entry = entries[index];
        let code = codeByEntry.get(entry);
        if (code === undefined) {
          code = codeOf(entry, block.row(index));
          codeByEntry.set(entry, code);
        }
        codes[start + index] = code;
      }
    };
    return { columns: [column] as readonly Column[], read };
  }

  function flagReader(kind: Kind, { flags, decide }: Extract<GroupKey, { column?: undefined }>) {
    const { filters, day } = context;
    const conditions = flags.map((flag) => flag(filters, kind, day));
    // What holds of a row decides its key: each combination is looked at once.
    const codeByBits: number[] = [];
    const read = (block: Block, start: number) => {
      const bits = new Uint8Array(block.size);
      for (const [flag, { predicate }] of conditions.entries()) {
        const mask = block.takeMask().fill(1);
        predicate(block, mask);
        for (let index = 0; index < block.size; index++)
          bits[index] = (bits[index] as number) | ((mask[index] as number) << flag);
        block.returnMask();
      }
      for (const [index, all] of bits.entries()) {
        const code =
          codeByBits[all] ??
          codeOfKey(
            decide((flag) => ((all >> flag) & 1) === 1),
            block.row(index),
          );
        codeByBits[all] = code;
        codes[start + index] = code;
      }
    };
    return { columns: conditions.flatMap(({ columns }) => [...columns]), read };
  }

  return {
    /** By the rows' positions. */
    codes,
    /** By code. */
    values,
    /** By code: the names by which groups are ordered, of keys that show records and parts. */
    names,
    /** How rows of a kind are read. */
    reader: (kind: Kind): ReturnType<MeasureValues["reader"]> =>
      key.flags ? flagReader(kind, key) : columnReader(kind, key),
    /** What the key shows of a code, if that is no record. */
    shown: (code: number) => (readPart ? parts[code] : values[code]),
  };
}

export type KeyCodes = ReturnType<typeof createKeyCodes>;
