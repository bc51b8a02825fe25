import { hash } from "node:crypto";
import type { FieldNode, GraphQLObjectType } from "graphql";
import { typeNameOf } from "../../catalog/index.ts";
import { badInput } from "../argument/bad-input.ts";
import { compileFilter, type Filter } from "../argument/filter.ts";
import { createOrder, type Order, type OrderInput } from "../argument/order.ts";
import { type PageRequest, parsePageInput } from "../argument/page.ts";
import {
  type CollectedField,
  type CollectionInfo,
  collectFields,
  type HasSelectionSet,
  readArguments,
} from "../execution/collect-fields.ts";
import type { GroupHaving, InputMaybe, PeriodInput, PeriodUnit } from "../generated.ts";
import { type ConnectionName, type GroupSpec, numberName } from "../resolver/connection-spec.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type Column, decimalOrdering, numberOrdering, type Ordering, textOrdering } from "../scan/column.ts";
import type { OrderTerm } from "../scan/ranking.ts";
import type { Group } from "./group.ts";
import { labelFields } from "./label.ts";
import { parsePeriods } from "./periods.ts";
import type { GroupedKey, RequestedValues } from "./row-values.ts";

/** Safe: only groups are tested and ordered by this column. */
const groupColumn = <V>(comparison: Ordering<V>, read: (group: Group) => V | null): Column<V> => ({
  requiredFields: [],
  comparison,
  read,
});

/** The number of records in a group. */
const countColumn = groupColumn(numberOrdering, (group) => group.count);

const periodColumn = groupColumn(numberOrdering, (group) => group.periodIndex);

/** Returns the columns that order groups by a key: records and parts by name, then by identity. */
function keyColumns({ name, key }: GroupedKey): readonly Column[] {
  const value = groupColumn(key.comparison, (group) => group.keyValue(name));
  if (!key.links && !key.part?.nameOf) return [value];
  const nameCount = key.links ? labelFields(key.links[0]).length : 1;
  const names = Array.from({ length: nameCount }, (_, index) =>
    groupColumn(textOrdering, (group) => group.keyNames(name)[index] ?? null),
  );
  return [...names, value];
}

/** Creates a total order of groups: by `orderBy`, then period, then keys. Throws BAD_USER_INPUT. */
function groupOrder(
  id: string,
  spec: GroupSpec,
  keys: readonly GroupedKey[],
  hasPeriods: boolean,
  orderBy: readonly OrderInput[],
) {
  const columnsOf = (field: string, argument: string): readonly Column[] => {
    if (field === "COUNT") return [countColumn];
    const number = spec.orders?.[field];
    const needsPeriods =
      field === "PERIOD" || (typeof number === "string" && spec.numbers?.[number]?.isInPeriods === true);
    if (needsPeriods && !hasPeriods)
      throw badInput(argument, `${field} needs periods; give over, or leave it out.`);
    if (field === "PERIOD") return [periodColumn];
    if (number !== undefined) {
      const name = numberName(number, hasPeriods);
      if (spec.ratios?.[name]) return [groupColumn(numberOrdering, (group) => group.ratioOf(name))];
      return [groupColumn(decimalOrdering, (group) => group.total(name))];
    }
    const key = keys.find(({ name }) => name === field);
    if (key) return keyColumns(key);
    throw badInput(
      argument,
      `cannot order by ${field}, which is not a key of the groups; add it to by as well.`,
    );
  };
  const terms = new Map<string, readonly OrderTerm[]>();
  const add = (field: string, columns: readonly Column[], descending = false) =>
    terms.set(
      field,
      columns.map((column) => ({ column, descending })),
    );
  for (const [index, { field, direction }] of orderBy.entries()) {
    const argument = `orderBy.${index}.field`;
    if (terms.has(field)) throw badInput(argument, `${field} is given twice. Name each field once.`);
    add(field, columnsOf(field, argument), direction === "DESC");
  }
  if (hasPeriods && !terms.has("PERIOD")) add("PERIOD", [periodColumn]);
  for (const key of keys) if (!terms.has(key.name)) add(key.name, keyColumns(key));
  return createOrder(id, [...terms.values()].flat());
}

/**
 * Collects the selected fields of the nodes of `groups`, so that only these are read and summed. `typeName`: the prefix
 * of the connection's type names.
 */
function selectedGroup(info: CollectionInfo, typeName: string, groupsNodes: readonly FieldNode[]) {
  const select = (type: string, nodes: readonly HasSelectionSet[]) =>
    collectFields(info, info.schema.getType(type) as GraphQLObjectType, nodes);
  const below = (fields: readonly CollectedField[], name: string) =>
    fields.flatMap(({ definition, nodes }) => (definition.name === name ? nodes : []));
  const groups = select(`${typeName}Groups`, groupsNodes);
  const fields = select(`${typeName}Group`, below(groups, "nodes"));
  const keys = select(`${typeName}GroupKeys`, below(fields, "keys"));
  return {
    fields: new Set(fields.map(({ definition }) => definition.name)),
    keyFields: new Set(keys.map(({ definition }) => definition.name)),
    /** The keys whose distinct values are counted, by enum value. */
    distinct: new Set(
      fields
        .filter(({ definition }) => definition.name === "distinct")
        .map(
          ({ definition, nodes }) =>
            readArguments(definition, nodes[0] as FieldNode, info.variableValues)().of as string,
        ),
    ),
  };
}

const DEFAULT_SIZE = 1_000;

/** A key in `by`: a name, or a name with a unit of days. */
type KeyInput = string | { readonly field: string; readonly unit?: InputMaybe<PeriodUnit> };

/** The coerced arguments of `groups`. */
interface GroupsArgs {
  readonly by?: InputMaybe<readonly KeyInput[]>;
  readonly over?: InputMaybe<PeriodInput>;
  readonly on?: InputMaybe<string>;
  readonly having?: InputMaybe<GroupHaving>;
  readonly orderBy?: InputMaybe<readonly OrderInput[]>;
  readonly first?: InputMaybe<number>;
  readonly after?: InputMaybe<string>;
}

/** A compiled `groups` field: its arguments and selection. */
export interface GroupQuery extends RequestedValues {
  readonly name: ConnectionName;
  readonly day: string;
  readonly having: Filter;
  readonly order: Order;
  readonly pageRequest: PageRequest;
}

/** Compiles the field `groups` at these nodes without any call to Alma. Throws BAD_USER_INPUT. */
export function compileGroups(
  context: GraphContext,
  info: CollectionInfo,
  nodes: readonly FieldNode[],
  args: GroupsArgs,
  name: ConnectionName,
): GroupQuery {
  const { fields, keyFields, distinct } = selectedGroup(info, typeNameOf(name), nodes);
  const spec = context.settings.connectionSpecs[name].groups;
  if (!spec) throw new Error(`The schema has groups of ${name}, but its file in src/graph/ declares none.`);
  const keys = parseKeys(spec, args.by ?? []);
  for (const field of keyFields)
    if (field !== "__typename" && !keys.some(({ key }) => key.field === field))
      throw notGroupedBy(field, spec);
  const periods = args.over ? parsePeriods(args.over) : undefined;
  const { first, after, ...others } = args;
  const id = hash(
    "sha256",
    JSON.stringify(others, (_name, value) => value ?? undefined),
    "base64url",
  ).slice(0, 16);
  const hasPeriods = periods !== undefined;
  const orderBy = args.orderBy ?? [];
  const order = groupOrder(`${typeNameOf(name)} groups ${id}`, spec, keys, hasPeriods, orderBy);
  const needed = neededNumbers(spec, fields, orderBy, hasPeriods);
  return {
    name,
    spec,
    keys,
    periods,
    day: args.on ?? context.today,
    having: compileFilter({ count: countColumn }, args.having, "having"),
    order,
    pageRequest: parsePageInput({ first, after }, order, context.maxPageOf(nodes[0]), DEFAULT_SIZE),
    distinct: [...distinct].map((one) => groupedKey(spec, one)),
    numbers: Object.entries(spec.numbers ?? {}).flatMap(([one, { isInPeriods = hasPeriods }]) =>
      needed.has(one) && isInPeriods === hasPeriods ? [one] : [],
    ),
  };
}

/** Returns the names of the numbers that are shown or order groups. */
function neededNumbers(
  { ratios = {}, orders = {} }: GroupSpec,
  fields: ReadonlySet<string>,
  orderBy: readonly OrderInput[],
  hasPeriods: boolean,
) {
  const needed = new Set(fields);
  for (const { field } of orderBy) {
    const number = orders[field];
    if (number !== undefined) needed.add(numberName(number, hasPeriods));
  }
  for (const [name, { part, whole }] of Object.entries(ratios))
    if (needed.has(name)) needed.add(numberName(part, hasPeriods)).add(numberName(whole, hasPeriods));
  return needed;
}

function groupedKey({ keys }: GroupSpec, name: string, unit: PeriodUnit = "DAY"): GroupedKey {
  const key = keys[name];
  if (!key) throw new Error(`The schema offers the key "${name}", which is not implemented.`);
  return { name, key, unit: key.isDay ? unit : undefined };
}

function parseKeys(spec: GroupSpec, by: readonly KeyInput[]) {
  const parsed: GroupedKey[] = [];
  for (const [index, input] of by.entries()) {
    const { field: name, unit } = typeof input === "string" ? { field: input, unit: undefined } : input;
    const grouped = groupedKey(spec, name, unit ?? undefined);
    if (parsed.some((other) => other.name === name))
      throw badInput(`by.${index}`, `${name} is given twice. Name each key once.`);
    if (unit && !grouped.key.isDay)
      throw badInput(`by.${index}.unit`, `${name} is not a day, so it has no unit; leave the unit out.`);
    parsed.push(grouped);
  }
  return parsed;
}

function notGroupedBy(field: string, { keys }: GroupSpec) {
  const [name] = Object.entries(keys).find(([, key]) => key.field === field) ?? [field];
  return badInput(
    "by",
    `keys.${field} is selected, but the groups are not by ${name}; add it to by, or leave keys.${field} out.`,
  );
}

const MAX_SCALE = 10;

/** Throws BAD_USER_INPUT for an unsupported number of decimals. */
export function checkScale(scale: number): void {
  if (scale < 0 || scale > MAX_SCALE)
    throw badInput("scale", `${scale} is not a valid number of decimals; ask for 0 to ${MAX_SCALE}.`);
}
