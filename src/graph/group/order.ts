import { badInput } from "../argument/bad-input.ts";
import { createOrder, type Order, type OrderInput } from "../argument/order.ts";
import type { Column } from "../scan/column.ts";
import { type Comparison, decimals, numbers, texts } from "../scan/comparison.ts";
import type { OrderTerm } from "../scan/ranking.ts";
import { type GroupSpec, measureOf } from "../spec/group-spec.ts";
import type { GroupedKey } from "../sum/key-codes.ts";
import type { Group } from "./groups.ts";
import { labelFields } from "./label.ts";

/** Safe: only groups are tested and ordered by it. */
const groupColumn = <V>(comparison: Comparison<V>, read: (group: Group) => V | null): Column<V> => ({
  requiredFields: [],
  comparison,
  read,
});

/** How many records are in a group. */
export const countColumn = groupColumn(numbers, (group) => group.count);

const periodColumn = groupColumn(numbers, (group) => group.periodIndex);

/** The columns that order groups by a key: records and parts by name, and then by what tells them apart. */
function keyColumns({ name, key }: GroupedKey): readonly Column[] {
  const value = groupColumn(key.comparison, (group) => group.keyValue(name));
  if (!key.links && !key.part?.nameOf) return [value];
  const nameCount = key.links ? labelFields(key.links[0]).length : 1;
  const names = Array.from({ length: nameCount }, (_, index) =>
    groupColumn(texts, (group) => group.keyNames(name)[index] ?? null),
  );
  return [...names, value];
}

const isInPeriods = ({ measures, periodAmounts }: GroupSpec, name: string) =>
  measures?.[name]?.isInPeriods === true || periodAmounts?.[name] !== undefined;

/** The column that orders groups by a ratio, the sum of a measure, or that of an amount. */
function sumColumn({ ratios, measures }: GroupSpec, name: string): Column {
  if (ratios?.[name]) return groupColumn(numbers, (group) => group.ratioOf(name));
  if (measures?.[name]) return groupColumn(numbers, (group) => group.measure(name));
  return groupColumn(decimals, (group) => group.sumOf(name));
}

/** A total order of groups: by what `orderBy` says, then by the period, then by the keys. Throws BAD_USER_INPUT. */
export function groupOrder(
  id: string,
  spec: GroupSpec,
  keys: readonly GroupedKey[],
  hasPeriods: boolean,
  orderBy: readonly OrderInput[],
): Order {
  const columnsOf = (field: string, argument: string): readonly Column[] => {
    if (field === "COUNT") return [countColumn];
    const sum = spec.sums?.[field];
    const needsPeriods = field === "PERIOD" || (typeof sum === "string" && isInPeriods(spec, sum));
    if (needsPeriods && !hasPeriods)
      throw badInput(argument, `${field} needs periods, and there are none; give over, or leave it out.`);
    if (field === "PERIOD") return [periodColumn];
    if (sum !== undefined) return [sumColumn(spec, measureOf(sum, hasPeriods))];
    const key = keys.find(({ name }) => name === field);
    if (key) return keyColumns(key);
    throw badInput(argument, `the groups are not by ${field}, so that it orders none; add it to by as well.`);
  };
  const terms = new Map<string, readonly OrderTerm[]>();
  const add = (field: string, columns: readonly Column[], descending = false) =>
    terms.set(
      field,
      columns.map((column) => ({ column, descending })),
    );
  for (const [index, { field, direction }] of orderBy.entries()) {
    const argument = `orderBy.${index}.field`;
    if (terms.has(field)) throw badInput(argument, `${field} is there already; name each once.`);
    add(field, columnsOf(field, argument), direction === "DESC");
  }
  if (hasPeriods && !terms.has("PERIOD")) add("PERIOD", [periodColumn]);
  for (const key of keys) if (!terms.has(key.name)) add(key.name, keyColumns(key));
  return createOrder(id, [...terms.values()].flat());
}
