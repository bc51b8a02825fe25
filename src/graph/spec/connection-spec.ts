import { type CachedRecord, type Kind, kinds } from "../../catalog/index.ts";
import type { Filter, FilterLink, FilterTable, LinkTarget } from "../argument/filter.ts";
import type { OrderTable } from "../argument/order.ts";
import type { DayNumber } from "../rent/day.ts";
import type { DatedContract, RentSettings } from "../rent/rent.ts";
import type { Block } from "../scan/block.ts";
import type { Column, Comparison, Row } from "../scan/column.ts";

/** The connections: of one kind, or of units and rooms together. Their types are `UnitConnection`, … */
export type ConnectionName = Kind | "rentalObject";

const names: readonly ConnectionName[] = [...kinds, "rentalObject"];

/** What the names of a connection's types begin with: `RentalObject` of `rentalObject`. */
export function typeNameOf(name: ConnectionName): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The connection of a type, such as `UnitConnection`, or of its groups; undefined if it is the type of none. */
export function connectionOf(typeName: string, end: "Connection" | "Groups"): ConnectionName | undefined {
  return names.find((name) => typeNameOf(name) + end === typeName);
}

/** What the filters of an operation may use in addition to the record. */
export interface FilterContext {
  /** The day of the operation, `YYYY-MM-DD`. */
  readonly today: string;
  /** What filters of the operation share. */
  readonly memo: Map<unknown, unknown>;
  connectionSpec(name: ConnectionName): ConnectionSpec;
}

/** The filters and orders of a connection. */
export interface ConnectionSpec {
  /** The kinds of its records. */
  readonly kinds: readonly Kind[];
  /** The filters, as they are for the records of one of the kinds. */
  readonly filters: (context: FilterContext, kind: Kind) => FilterTable;
  readonly orders: OrderTable;
}

/** The records of a connection, as what the filter of another one links to. */
export function linkTarget(context: FilterContext, name: ConnectionName): LinkTarget {
  const { kinds, filters } = context.connectionSpec(name);
  return { kinds, filters: (kind) => filters(context, kind) };
}

/** What the values of a group's keys and numbers depend on beside the record. */
export interface GroupContext {
  /** The day for whatever depends on one, `YYYY-MM-DD`. */
  readonly day: string;
  /** How rents are worked out. */
  readonly rent: RentSettings;
  /** What filters use. */
  readonly filters: FilterContext;
  /** The unit or room of an id; undefined if the kind of the id is unknown. */
  findRentalObject(id: number): CachedRecord | undefined;
  /** The Alma id of the client of the owner contract in force on the day on a unit; null if there is none. */
  ownerOf(unitId: number): number | null;
  /** The tenant contracts on a unit and its rooms, or on a room and its unit. */
  contractsOn(rentalObject: CachedRecord): readonly DatedContract[];
}

/** A value that tells groups apart. */
export type KeyValue = string | number | boolean;

/** A condition on records of a kind, as filters have it. */
export type Flag = (context: Pick<GroupContext, "filters" | "day">, kind: Kind) => Filter;

/** The values of a key are those of a column, or are derived from them. */
interface ColumnKey {
  readonly column: Column | ((context: Pick<GroupContext, "day">, kind: Kind) => Column);
  /** The value of the key by a value of the column: worked out once for all records that have it. */
  readonly derive?: (context: GroupContext) => (value: never) => KeyValue | null;
  /** Leads to other records that decide it. */
  readonly follow?: (context: FilterContext, kind: Kind) => readonly FilterLink[];
  readonly flags?: undefined;
}

/** The values of a key are decided by conditions. */
interface FlagKey {
  readonly flags: readonly Flag[];
  /** `holds`: whether the condition of an index holds. */
  readonly decide: (holds: (index: number) => boolean) => KeyValue | null;
  readonly column?: undefined;
}

/** What records can be grouped by. */
export type GroupKey = (ColumnKey | FlagKey) & {
  /** Its field in the keys of a group. */
  readonly field: string;
  /** How its values are ordered; records that it shows are ordered by name. */
  readonly comparison: Comparison<unknown>;
  /** Of a record that it shows: the kinds of which that may be. The value is its Alma id. */
  readonly links?: readonly [Kind, ...Kind[]];
  /** Whether the value is a day, which may be taken more coarsely. */
  readonly isDay?: boolean;
  /** What it shows of a value that is part of a larger one, and the name by which it is ordered. */
  readonly part?: {
    readonly read: (context: GroupContext) => (row: Row) => unknown;
    readonly nameOf?: (part: never) => string | null;
  };
};

/** How rows of a kind are read, block by block; the first row of a block is at `start` among all rows. */
export interface RowReader {
  readonly columns: Iterable<Column>;
  readonly read: (block: Block, start: number) => void;
}

/** A whole number: a double where that is exact, otherwise a bigint. */
export type Units = number | bigint;

/** A number of each row, in units of its last decimal. */
export interface NumberValues {
  reader(kind: Kind): RowReader;
  /** How many decimals a unit has, once all rows are read; by default none. */
  readonly scale?: number;
  /** The number of the row at a position, from one day to another; null if there is none. `period`: their index. */
  at(position: number, from: DayNumber, to: DayNumber, period: number): Units | null;
}

/** What the numbers of one group come to, in units. */
export interface Sum {
  readonly count: number;
  readonly total: Units;
  readonly min: Units;
  readonly max: Units;
  readonly scale: number;
}

/** A number of records, and what a group shows of the sum. */
export interface GroupNumber {
  /** Whether groups have it with periods only, or without only; by default always. */
  readonly isInPeriods?: boolean;
  /** What decides it. */
  readonly needs: (context: GroupContext, kind: Kind) => Pick<Filter, "requiredFields" | "links">;
  /** Begins to read so many rows; undefined if the numbers cannot be told. */
  readonly begin: (size: number, context: GroupContext) => NumberValues | undefined;
  readonly show: (sum: Sum) => unknown;
}

/** A number, or one with periods and another without. */
type NumberName = string | { readonly plain: string; readonly inPeriods: string };

/** A part of a whole, in percent. */
export interface Ratio {
  readonly part: NumberName;
  readonly whole: NumberName;
}

/** In which periods records count: those that have a day of them, open where a day is null; or in all of them. */
type Coverage = { readonly startDate: Column<string>; readonly endDate: Column<string> } | "all";

/** How the records of a connection are grouped: the tables are by the names in the schema. */
export interface GroupSpec {
  readonly keys: Readonly<Record<string, GroupKey>>;
  readonly numbers?: Readonly<Record<string, GroupNumber>>;
  readonly ratios?: Readonly<Record<string, Ratio>>;
  /** The number or ratio that orders groups, by the value of the order's enum. */
  readonly sums?: Readonly<Record<string, NumberName>>;
  /** Undefined if records cannot be split by periods. */
  readonly coverage?: Coverage;
}

/** A connection whose records may be grouped; without groups, they are not. */
export interface GroupedConnectionSpec extends ConnectionSpec {
  readonly groups?: GroupSpec;
}

/** The name of a number with or without periods. */
export function numberOf(name: NumberName, hasPeriods: boolean): string {
  if (typeof name === "string") return name;
  return hasPeriods ? name.inPeriods : name.plain;
}
