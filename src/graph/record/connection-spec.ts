import type { Catalog, Kind } from "../../catalog/index.ts";
import type { FilterTable } from "../argument/filter.ts";
import type { OrderTable } from "../argument/order.ts";

/** What the filters of an operation may read in addition to the record. */
export interface FilterContext {
  readonly catalog: Pick<Catalog, "store">;
  /** The day of the operation, `YYYY-MM-DD`. */
  readonly today: string;
}

/** A field that a filter reads from records of other kinds, to which the candidates refer. */
export interface RelationFilter {
  /** The kinds that are referred to. All of their listed records have to be known before the filter is applied. */
  readonly kinds: readonly Kind[];
  /** The relation by which the candidates refer to them. */
  readonly relation: string;
  /** The name of the field there. */
  readonly field: string;
}

/** The filters and orders of a kind's connections. */
export interface ConnectionSpec {
  readonly filters: (context: FilterContext) => FilterTable;
  readonly orders: OrderTable;
  /** By the names that the filters give to such fields in their `requiredFields`. */
  readonly relationFilters?: Readonly<Record<string, RelationFilter>>;
}
