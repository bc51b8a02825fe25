import {
  type CachedRecord,
  type Catalog,
  type Kind,
  type LookupKind,
  lookupKinds,
  typeNameOf,
} from "../../catalog/index.ts";
import type { Filter, FilterLink, FilterTable, LinkedFilters } from "../argument/filter.ts";
import type { OrderTable } from "../argument/order.ts";
import type { DayNumber } from "../rent/day.ts";
import type { DatedContract, RentSettings } from "../rent/rent.ts";
import type { Block } from "../scan/block.ts";
import type { Column, Ordering, ScannedRow } from "../scan/column.ts";

/** The connections: of one kind, or of units and rooms together. Their types are `UnitConnection` and so on. */
export type ConnectionName = LookupKind;

/** Returns the connection of a type such as `UnitConnection`, or of its groups, if there is one. */
export function connectionOf(typeName: string, end: "Connection" | "Groups"): ConnectionName | undefined {
  return lookupKinds.find((name) => typeNameOf(name) + end === typeName);
}

/** The context of filters: everything they use besides the record. */
export interface FilterContext {
  /** The day of the operation, `YYYY-MM-DD`. */
  readonly today: string;
  /** State shared by the filters of the operation. */
  readonly memo: Map<unknown, unknown>;
  /** Has the records that links lead to. */
  readonly catalog: Pick<Catalog, "store">;
  connectionSpec(name: ConnectionName): ConnectionSpec;
}

/** The filters, orders and groups of a connection. */
export interface ConnectionSpec {
  /** The kinds of its records. */
  readonly kinds: readonly Kind[];
  /** Returns the filters for the records of one kind. */
  readonly filters: (context: FilterContext, kind: Kind) => FilterTable;
  readonly orders: OrderTable<FilterContext>;
  /** Undefined if its records cannot be grouped. */
  readonly groups?: GroupSpec;
}

/** Returns the records of a connection as a link target for filters. */
export function linkTarget(context: FilterContext, name: ConnectionName): LinkedFilters {
  const { kinds, filters } = context.connectionSpec(name);
  return { kinds, filters: (kind) => filters(context, kind) };
}

/** The context of group keys and numbers: everything they depend on besides the record. */
export interface GroupContext {
  /** The day for values that depend on one, `YYYY-MM-DD`. */
  readonly day: string;
  /** How rents are calculated. */
  readonly rent: RentSettings;
  /** The context of filters. */
  readonly filters: FilterContext;
  /** Returns the Alma id of a unit's owner on the day, or null. */
  ownerOf(unitId: number): number | null;
  /** Returns the tenant contracts on a unit and its rooms, or on a room and its unit. */
  contractsOn(rentalObject: CachedRecord): readonly DatedContract[];
}

/** A value that identifies a group. */
export type KeyValue = string | number | boolean;

/** A condition on records of a kind, in the form of a filter. */
export type FlagCondition = (context: Pick<GroupContext, "filters" | "day">, kind: Kind) => Filter;

/** A key whose values are those of a column, or derived from them. */
interface ColumnKey {
  readonly column: Column | ((kind: Kind) => Column);
  /** Derives the key's value, once per value of the column. */
  readonly derive?: (context: GroupContext) => (value: never) => KeyValue | null;
  /** Links to the records that determine it. */
  readonly follow?: (context: FilterContext, kind: Kind) => readonly FilterLink[];
  /** Whether `derive` calls `ownerOf`. */
  readonly needsOwners?: boolean;
  readonly flags?: undefined;
}

/** A key determined by conditions. */
interface FlagKey {
  readonly flags: readonly FlagCondition[];
  /** `holds(index)`: whether a condition holds. */
  readonly decide: (holds: (index: number) => boolean) => KeyValue | null;
  readonly column?: undefined;
  readonly needsOwners?: undefined;
}

/** A key by which records can be grouped. */
export type GroupKey = (ColumnKey | FlagKey) & {
  /** Its field in the keys of a group. */
  readonly field: string;
  /** The order of its values. Records are ordered by name. */
  readonly comparison: Ordering<unknown>;
  /** The kinds of a record key, whose value is the Alma id. */
  readonly links?: readonly [Kind, ...Kind[]];
  /** Whether it is a day, which can be truncated. */
  readonly isDay?: boolean;
  /** For a value that is part of an object: the object to show, and the name to order by. */
  readonly part?: {
    readonly read: (context: GroupContext) => (row: ScannedRow) => unknown;
    readonly nameOf?: (part: never) => string | null;
  };
};

/** Reads rows of a kind, block by block; the first row of a block is at `start` among all rows. */
export interface RowReader {
  readonly columns: Iterable<Column>;
  readonly read: (block: Block, start: number) => void;
}

/** A whole number: a double where exact, otherwise a bigint. */
export type ExactInteger = number | bigint;

/** A number of each row, in units of its last decimal. */
export interface NumberValues {
  reader(kind: Kind): RowReader;
  /** The number of decimals of a unit, once all rows are read; none by default. */
  readonly scale?: number;
  /** Returns the number of a row for these days, or null. `period`: their index. */
  at(position: number, from: DayNumber, to: DayNumber, period: number): ExactInteger | null;
}

/** The result for the numbers of one group, in units. */
export interface Sum {
  readonly count: number;
  readonly total: ExactInteger;
  readonly min: ExactInteger;
  readonly max: ExactInteger;
  readonly scale: number;
}

/** A number of records, and how a group shows its sum. */
export interface GroupNumber {
  /** Whether groups have it only with periods (true) or only without (false). */
  readonly isInPeriods?: boolean;
  /** The fields that decide it. */
  readonly needs: (context: GroupContext, kind: Kind) => Pick<Filter, "requiredFields" | "links">;
  /** Starts to read `size` rows; undefined if the numbers are unknown. */
  readonly begin: (size: number, context: GroupContext) => NumberValues | undefined;
  readonly show: (sum: Sum) => unknown;
}

/** The name of a number, or one name with periods and another without. */
type NumberName = string | { readonly plain: string; readonly inPeriods: string };

/** A part of a whole, in percent. */
export interface Ratio {
  readonly part: NumberName;
  readonly whole: NumberName;
}

/** The first and the last day of a record; null is open-ended. */
export interface Coverage {
  readonly startDate: Column<string>;
  readonly endDate: Column<string>;
}

/** How the records of a connection are grouped. The tables are keyed by schema names. */
export interface GroupSpec {
  readonly keys: Readonly<Record<string, GroupKey>>;
  readonly numbers?: Readonly<Record<string, GroupNumber>>;
  readonly ratios?: Readonly<Record<string, Ratio>>;
  /** The number or ratio that orders groups, by the value of the order enum. */
  readonly orders?: Readonly<Record<string, NumberName>>;
  /** A record counts in the periods in which it has a day, or in all. Undefined if records have no periods. */
  readonly coverage?: Coverage | "all";
}

/** Returns the name of a number or ratio, with or without periods. */
export function numberName(name: NumberName, hasPeriods: boolean): string {
  if (typeof name === "string") return name;
  return hasPeriods ? name.inPeriods : name.plain;
}
