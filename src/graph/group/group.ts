import { decimal } from "../../alma/index.ts";
import { type KeyValue, numberName, type Ratio } from "../resolver/connection-spec.ts";
import type { ScannedRow } from "../scan/column.ts";
import { totalText } from "./group-number.ts";
import type { Period } from "./periods.ts";
import type { KeyCodes } from "./row-values.ts";
import type { GroupTables } from "./sum-groups.ts";

/** A group: sorted as a row, and the parent of its type's resolvers. */
export class Group implements ScannedRow {
  /** Groups have no Alma id; their order distinguishes them. */
  readonly id = 0;
  readonly value = {};
  readonly #tables: GroupTables;
  readonly #index: number;

  constructor(tables: GroupTables, index: number) {
    this.#tables = tables;
    this.#index = index;
  }

  get count(): number {
    return this.#tables.cells.counts[this.#index] as number;
  }

  get periodIndex(): number {
    return this.#tables.cells.periodOf[this.#index] as number;
  }

  get period(): Period | null {
    return this.#tables.periods?.at(this.periodIndex) ?? null;
  }

  #codeOf(name: string): { readonly codes: KeyCodes; readonly code: number } {
    const { keys, cells } = this.#tables;
    // Safe: only keys of the query are read.
    const codes = keys.get(name) as KeyCodes;
    return { codes, code: codes.codes[cells.rowOf[this.#index] as number] as number };
  }

  keyValue(name: string): KeyValue | null {
    const { codes, code } = this.#codeOf(name);
    return codes.values[code] ?? null;
  }

  keyNames(name: string): readonly (string | null)[] {
    const { codes, code } = this.#codeOf(name);
    return codes.names[code] ?? [];
  }

  /** Returns the value of a key that is not a record. */
  shownKey(name: string): unknown {
    const { codes, code } = this.#codeOf(name);
    return codes.shown(code);
  }

  #sumOf(name: string) {
    return this.#tables.numbers.get(name)?.of(this.#index);
  }

  /** A number of a group; null if it is unknown, or known only for other periods. */
  number(name: string): unknown {
    const sum = this.#sumOf(name);
    return sum ? this.#tables.spec.numbers?.[name]?.show(sum) : null;
  }

  /** Returns the sum of a number, in digits. */
  total(name: string): string {
    const sum = this.#sumOf(name);
    return sum ? totalText(sum) : "0";
  }

  #partsOf(name: string): { readonly part: number; readonly whole: number } {
    const { ratios = {} } = this.#tables.spec;
    const hasPeriods = this.#tables.periods !== undefined;
    // Safe: only ratios of the spec are requested, and their numbers are summed.
    const { part, whole } = ratios[name] as Ratio;
    const totalOf = (number: Ratio["part"]) => Number(this.#sumOf(numberName(number, hasPeriods))?.total);
    return { part: totalOf(part), whole: totalOf(whole) };
  }

  ratioOf(name: string): number | null {
    const { part, whole } = this.#partsOf(name);
    return whole === 0 ? null : part / whole;
  }

  /** Returns a ratio in percent with `scale` decimals, or null if the whole is zero. */
  percent(name: string, scale: number): string | null {
    const { part, whole } = this.#partsOf(name);
    if (whole === 0) return null;
    return decimal.formatUnits(
      decimal.divideRounded(BigInt(part) * 100n * 10n ** BigInt(scale), BigInt(whole)),
      scale,
    );
  }

  distinct(name: string): number {
    return this.#tables.distinct.get(name)?.[this.#index] as number;
  }
}
