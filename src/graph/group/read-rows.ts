import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { Filter, FilterLink } from "../argument/filter.ts";
import { stateOn } from "../contract/contract-state.ts";
import { contractsOn } from "../contract/current-contract.ts";
import { rentSettingsOf } from "../letting/rent-field.ts";
import { type KindSelection, selectionOf } from "../member/compiled-arguments.ts";
import type { SelectedMembers } from "../member/select-members.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Column } from "../scan/column.ts";
import type { GroupContext } from "../spec/connection-spec.ts";
import type { RowsOfKind } from "../sum/row-values.ts";
import type { Question } from "./question.ts";

/** Tells the Alma id of the owner of a unit, by the unit's id; null if there is none. */
type FindOwner = (unitId: number) => number | null;

type OwnerContract = KnownFields<"ownerContract">;

const STRIDE = 1_024;

/** Finds who owns the units on a day, by the rule of `currentOwnerContract`. Rejects with AlmaError. */
function readOwners(context: GraphContext, day: string): PromiseOrValue<FindOwner> {
  const { catalog, operation, limits } = context;
  const members = catalog.findMembers(operation, { kind: "ownerContract", needsDetails: true });
  return mapPromiseOrValue(members, ({ records }) =>
    limits.run("the owners of units", pickOwners(records, day)),
  );
}

/** Of several contracts in force on a unit, the latest start counts, then the highest id. Records fall by id. */
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

function groupContextOf(context: GraphContext, { day }: Question, ownerOf: FindOwner): GroupContext {
  return {
    day,
    get rent() {
      return rentSettingsOf(context);
    },
    filters: context,
    findRentalObject: (id) => context.catalog.store.findRentalObject(id),
    ownerOf,
    contractsOn: (rentalObject: CachedRecord) => contractsOn(context, rentalObject),
  };
}

/** The members of a connection as rows of a question, with the owners that it asks for. Rejects with AlmaError. */
export function readGroupedRows(
  context: GraphContext,
  selections: readonly KindSelection[],
  { matching }: SelectedMembers,
  question: Question,
) {
  const { tables } = context.catalog.store;
  const parts = matching.map((rows, index): RowsOfKind => {
    const { kind } = selections[index] as KindSelection;
    return { kind, rows, columnCache: tables[kind] };
  });
  const usesOwners = [...question.keys, ...question.distinct].some(({ key }) => key.field === "owner");
  const owners = usesOwners ? readOwners(context, question.day) : noOwner;
  return mapPromiseOrValue(owners, (ownerOf) => ({
    parts,
    context: groupContextOf(context, question, ownerOf),
  }));
}

const noOwner: FindOwner = () => null;

/** A selection of which all is known, too, that decides the keys and numbers of groups. */
export function selectForGroups(
  context: GraphContext,
  { kind, filter }: KindSelection,
  question: Question,
  orderFields: readonly string[],
): KindSelection {
  const groupContext = groupContextOf(context, question, noOwner);
  const { spec, keys, distinct, periods, day } = question;
  const { amounts = {}, dates = {}, measures = {}, periodAmounts = {}, coverage } = spec;
  const columns: unknown[] = [
    ...question.amounts.map((name) => {
      const of = amounts[name];
      return typeof of === "function" ? of(groupContext) : of;
    }),
    ...question.dates.map((name) => dates[name]),
    ...(periods && coverage && coverage !== "all" ? [coverage.startDate, coverage.endDate] : []),
  ];
  const links: FilterLink[] = [];
  const needed: Pick<Filter, "requiredFields" | "links">[] = [
    ...question.measures,
    ...question.periodAmounts,
  ].flatMap((name) => (measures[name] ?? periodAmounts[name])?.needs(context, kind, day) ?? []);
  for (const { key } of [...keys, ...distinct]) {
    if (key.flags) needed.push(...key.flags.map((flag) => flag(context, kind, day)));
    else {
      columns.push(typeof key.column === "function" ? key.column(groupContext, kind) : key.column);
      links.push(...(key.follow?.(context, kind) ?? []));
    }
  }
  const requiredFields = [filter, ...needed, ...(columns as readonly Column[])].flatMap(
    (one) => one.requiredFields,
  );
  const decided = {
    ...filter,
    requiredFields: [...new Set(requiredFields)],
    links: [...filter.links, ...needed.flatMap((one) => one.links), ...links],
  };
  return selectionOf(kind, decided, true, orderFields);
}
