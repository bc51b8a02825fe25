import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { FilterLink } from "../argument/filter.ts";
import { encodeCursor, type Page, pageInfoOf, pageSteps } from "../argument/page.ts";
import { stateOn } from "../letting/contract-state.ts";
import { contractsOn } from "../letting/current-contract.ts";
import { rentSettingsOf } from "../letting/rent-field.ts";
import { type KindSelection, selectionOf } from "../member/compiled-arguments.ts";
import { addPartialDataError, partialDataError } from "../member/partial-data.ts";
import type { SelectedMembers } from "../member/select-members.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import { STRIDE } from "../metering/steps.ts";
import type { GroupContext } from "../resolver/connection-spec.ts";
import { type GraphContext, recordTruncation } from "../resolver/context.ts";
import { Selection } from "../scan/block.ts";
import type { Column } from "../scan/column.ts";
import { matchSteps } from "../scan/predicate.ts";
import { Group } from "./group.ts";
import type { GroupQuery } from "./group-query.ts";
import { readLabels } from "./label.ts";
import type { RowsOfKind } from "./row-values.ts";
import { type GroupTables, sumGroups } from "./sum-groups.ts";

/** Groups the members of a connection; synchronously if nothing has to be read. Rejects with AlmaError. */
export function resolveGroups(
  context: GraphContext,
  info: GraphQLResolveInfo,
  groupQuery: GroupQuery,
  selections: readonly KindSelection[],
  members: SelectedMembers,
) {
  const cost = `the groups of ${info.fieldName}`;
  const parts = members.matching.map((rows, index): RowsOfKind => {
    const { kind } = selections[index] as KindSelection;
    return { kind, rows };
  });
  const usesOwners = [...groupQuery.keys, ...groupQuery.distinct].some(({ key }) => key.needsOwners);
  const owners = usesOwners ? readOwners(context, groupQuery.day) : noOwner;
  const tables = mapPromiseOrValue(owners, (ownerOf) =>
    context.limits.run(cost, sumGroups(parts, groupQuery, groupContextOf(context, groupQuery, ownerOf))),
  );
  const labelsAsOf = mapPromiseOrValue(tables, (known) => nameKeys(context, info, groupQuery, known));
  return mapPromisesOrValues([tables, labelsAsOf], (known, namedAt) => {
    const page = context.limits.run(cost, pageOfGroups(known, groupQuery));
    return mapPromiseOrValue(page, (shown) => ({
      get nodes() {
        if (groupQuery.pageRequest.isDefaultSize && shown.hasNextPage) recordTruncation(context, info);
        return shown.rows;
      },
      pageInfo: pageInfoOf(shown, (group) => encodeCursor(groupQuery.order, group)),
      totalCount: shown.totalCount,
      asOf: context.toDate(Math.min(members.asOf, namedAt)),
    }));
  });
}

/** A page of groups: the parent of the resolvers of its type. */
export type Groups = Awaited<ReturnType<typeof resolveGroups>>;

/** Reads the names of keys, so that groups can be ordered. Returns when the oldest name was read. */
function nameKeys(
  context: GraphContext,
  info: GraphQLResolveInfo,
  groupQuery: GroupQuery,
  { keys }: GroupTables,
) {
  const named = groupQuery.keys.map(({ name, key: { links } }) => {
    const codes = keys.get(name);
    if (!links || !codes) return Infinity;
    const labels = readLabels(context, links, codes.values.slice(1) as number[]);
    return mapPromiseOrValue(labels, ({ names, asOf, failedReads }) => {
      for (const [index, known] of names.entries()) codes.names[index + 1] = known;
      if (failedReads.length > 0)
        addPartialDataError(
          context,
          info,
          partialDataError(failedReads, "their names are not known, and their groups come last"),
        );
      return asOf;
    });
  });
  return mapPromisesOrValues(named, (...times) => Math.min(...times));
}

function* pageOfGroups(tables: GroupTables, { having, order, pageRequest }: GroupQuery): Steps<Page<Group>> {
  const all: Group[] = [];
  for (let index = 0; index < tables.cells.count; index++) {
    all.push(new Group(tables, index));
    if (index % STRIDE === STRIDE - 1) yield;
  }
  const groups = having.conditionCount === 0 ? new Selection(all) : yield* matchSteps(all, having);
  return yield* pageSteps(groups, pageRequest, order);
}

/** Returns the Alma id of a unit's owner, or null if there is none. */
type FindOwner = (unitId: number) => number | null;

type OwnerContract = KnownFields<"ownerContract">;

/** Finds the owners of units on a day, by the rule of `currentOwnerContract`. Rejects with AlmaError. */
function readOwners(context: GraphContext, day: string): PromiseOrValue<FindOwner> {
  const { catalog, operation, limits } = context;
  const members = catalog.findMembers(operation, { kind: "ownerContract", needsDetails: true });
  return mapPromiseOrValue(members, ({ records }) =>
    limits.run("the owners of units", pickOwners(records, day)),
  );
}

/**
 * If several contracts are in force on a unit, the one with the latest start counts, then the one with the highest id.
 * Records must be in descending order of id.
 */
function* pickOwners(records: readonly CachedRecord[], day: string): Steps<FindOwner> {
  const chosen = new Map<number, OwnerContract>();
  for (const [index, { value }] of records.entries()) {
    if (index % STRIDE === STRIDE - 1) yield;
    const contract = value as OwnerContract;
    const unitId = contract.unitUsage?.unitId;
    if (unitId == null || stateOn(contract, day) !== "ACTIVE") continue;
    const other = chosen.get(unitId);
    if (!other || (contract.startDate ?? "") > (other.startDate ?? "")) chosen.set(unitId, contract);
  }
  return (unitId) => chosen.get(unitId)?.unitUsage?.clientId ?? null;
}

function groupContextOf(context: GraphContext, { day }: GroupQuery, ownerOf: FindOwner): GroupContext {
  return {
    day,
    get rent() {
      return rentSettingsOf(context);
    },
    filters: context,
    ownerOf,
    contractsOn: (rentalObject: CachedRecord) => contractsOn(context, rentalObject),
  };
}

const noOwner: FindOwner = () => null;

/** Creates a selection that also requires everything that decides keys and numbers of groups. */
export function selectForGroups(
  context: GraphContext,
  { kind, filter }: KindSelection,
  groupQuery: GroupQuery,
  orderFields: readonly string[],
): KindSelection {
  const groupContext = groupContextOf(context, groupQuery, noOwner);
  const { spec, keys, distinct, periods, numbers } = groupQuery;
  const { coverage } = spec;
  const columns: Column[] = [];
  if (periods && coverage && coverage !== "all") columns.push(coverage.startDate, coverage.endDate);
  const links: FilterLink[] = [];
  const needed = numbers.flatMap((name) => spec.numbers?.[name]?.needs(groupContext, kind) ?? []);
  for (const { key } of [...keys, ...distinct]) {
    if (key.flags) needed.push(...key.flags.map((flag) => flag(groupContext, kind)));
    else {
      columns.push(typeof key.column === "function" ? key.column(kind) : key.column);
      links.push(...(key.follow?.(context, kind) ?? []));
    }
  }
  const requiredFields = [filter, ...needed, ...columns].flatMap((one) => one.requiredFields);
  const decided = {
    ...filter,
    requiredFields: [...new Set(requiredFields)],
    links: [...filter.links, ...needed.flatMap((one) => one.links), ...links],
  };
  return selectionOf(kind, decided, true, orderFields);
}
