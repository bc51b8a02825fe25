import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { Filter, FilterLink } from "../argument/filter.ts";
import type { ConnectionSource } from "../connection/connection.ts";
import { rentSettingsOf } from "../letting/rent-field.ts";
import { selectionOf } from "../member/compiled-arguments.ts";
import { selectMembers } from "../member/select-members.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { DatedContract } from "../rent/coverage.ts";
import type { GraphContext } from "../resolver/context.ts";
import { resolveRefs } from "../resolver/resolve-ref.ts";
import type { Column } from "../scan/column.ts";
import type { GroupContext } from "../spec/group-spec.ts";
import type { RowsOfKind, SoughtValues } from "../sum/row-values.ts";
import { contractsOn, type FindOwner, readOwners } from "./letting-context.ts";
import type { Question } from "./question.ts";

/** The records that are grouped, by kind, what their values depend on, and the oldest reading behind both. */
export interface GroupedRows {
  readonly parts: readonly RowsOfKind[];
  readonly context: GroupContext;
  readonly asOf: number;
}

/**
 * Reads the records that a question is about, and all others that decide their keys and numbers. Records of which any
 * of that cannot be read are reported as partial data, and left out. Rejects with AlmaError.
 */
export function readGroupedRows(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { compiled, parentRelation }: ConnectionSource,
  question: Question,
): PromiseOrValue<GroupedRows> {
  let findOwner: FindOwner = () => null;
  const groupContext: GroupContext = {
    day: question.day,
    get rent() {
      return rentSettingsOf(context);
    },
    filters: context,
    findRentalObject: (id) => context.catalog.store.findRentalObject(id),
    ownerOf: (unitId) => findOwner(unitId),
    contractsOn: (rentalObject: CachedRecord): readonly DatedContract[] => contractsOn(context, rentalObject),
  };
  const selections = compiled.selections.map((selection) => {
    // Shared with the connection itself: the refs of a filter are looked up once.
    selection.refsAsOf ??= resolveRefs(context, selection.filter.refs);
    const { kind, filter, refsAsOf } = selection;
    // All that is grouped and added up decides, as the fields of a filter do.
    const decided = decidedFilter(filter, question, groupContext, kind);
    return { ...selectionOf(kind, decided, true), refsAsOf };
  });
  const selected = selectMembers(context, info, selections, parentRelation);
  return mapPromiseOrValue(selected, ({ matching, asOf }) => {
    const { tables } = context.catalog.store;
    const found = {
      parts: matching.map((rows, index): RowsOfKind => {
        const { kind } = selections[index] as (typeof selections)[number];
        return { kind, rows, keeper: tables[kind] };
      }),
      context: groupContext,
      asOf,
    };
    if (!usesOwners(question)) return found;
    return mapPromiseOrValue(readOwners(context, question.day), (find) => {
      findOwner = find;
      return found;
    });
  });
}

/** What decides the keys and numbers of records of a kind, and whether a filter selects them. */
function decidedFilter(
  filter: Filter,
  { spec, keys, distinct, periods, ...sought }: Question,
  context: GroupContext,
  kind: Kind,
): Filter {
  const { filters, day } = context;
  const { amounts = {}, dates = {}, measures = {}, periodAmounts = {}, coverage } = spec;
  const columns: unknown[] = [
    ...sought.amounts.map((name) => {
      const of = amounts[name];
      return typeof of === "function" ? of(context) : of;
    }),
    ...sought.dates.map((name) => dates[name]),
    ...(periods && coverage && coverage !== "all" ? [coverage.startDate, coverage.endDate] : []),
  ];
  const links: FilterLink[] = [];
  const needed: Pick<Filter, "requiredFields" | "links">[] = [
    ...sought.measures,
    ...sought.periodAmounts,
  ].flatMap((name) => (measures[name] ?? periodAmounts[name])?.needs(filters, kind, day) ?? []);
  for (const { key } of [...keys, ...distinct]) {
    if (key.flags) needed.push(...key.flags.map((flag) => flag(filters, kind, day)));
    else {
      columns.push(typeof key.column === "function" ? key.column(context, kind) : key.column);
      links.push(...(key.follow?.(filters, kind) ?? []));
    }
  }
  const requiredFields = [filter, ...needed, ...(columns as readonly Column[])].flatMap(
    (one) => one.requiredFields,
  );
  return {
    ...filter,
    requiredFields: [...new Set(requiredFields)],
    links: [...filter.links, ...needed.flatMap((one) => one.links), ...links],
  };
}

function usesOwners({ keys, distinct }: Pick<SoughtValues, "keys" | "distinct">): boolean {
  return [...keys, ...distinct].some(({ key }) => key.field === "owner");
}
