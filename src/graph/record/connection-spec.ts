import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { FilterTable } from "../argument/filter.ts";
import type { OrderTable } from "../argument/order.ts";

/** What the filters of an operation may read in addition to the record. */
export interface FilterContext {
  /** The unit or room of an id; undefined if the kind of the id is unknown. */
  findRentalObject(id: number): Pick<CachedRecord, "value"> | undefined;
  /** The day of the operation, `YYYY-MM-DD`. */
  readonly today: string;
}

/** A filter on a field of related records, to which the candidates refer. */
export interface RelationFilter {
  /** The kinds of the related records. All listed records of these kinds must be known before the filter is applied. */
  readonly kinds: readonly Kind[];
  /** The relation by which the candidates refer to them. */
  readonly relation: string;
  /** The field that the filter reads from a related record. */
  readonly field: string;
}

/** The filters and orders of a kind's connections. */
export interface ConnectionSpec {
  readonly filters: (context: FilterContext) => FilterTable;
  readonly orders: OrderTable;
  /** The relation filters, by the name that `requiredFields` of a filter gives to the field. */
  readonly relationFilters?: Readonly<Record<string, RelationFilter>>;
}
