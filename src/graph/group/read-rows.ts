import type { CachedRecord } from "../../catalog/index.ts";
import type { Filter, FilterLink } from "../argument/filter.ts";
import { contractsOn } from "../contract/contracts-on.ts";
import { rentSettingsOf } from "../letting/rent-field.ts";
import { type KindSelection, selectionOf } from "../member/compiled-arguments.ts";
import type { SelectedMembers } from "../member/select-members.ts";
import { mapPromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Column } from "../scan/column.ts";
import type { GroupContext } from "../spec/group-spec.ts";
import type { RowsOfKind } from "../sum/row-values.ts";
import { type FindOwner, readOwners } from "./letting-context.ts";
import type { Question } from "./question.ts";

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
