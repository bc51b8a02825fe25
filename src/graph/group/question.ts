import { createHash } from "node:crypto";
import type { FieldNode } from "graphql";
import { badInput } from "../argument/bad-input.ts";
import { compileFilter, type Filter } from "../argument/filter.ts";
import type { Order, OrderInput } from "../argument/order.ts";
import { type PageRequest, parsePageInput } from "../argument/page.ts";
import type { CollectionInfo } from "../execution/collect-fields.ts";
import type { GroupHaving, InputMaybe, PeriodInput, PeriodUnit } from "../generated.ts";
import { rentSettingsOf } from "../letting/rent-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ConnectionName, typeNameOf } from "../spec/connection-spec.ts";
import { type GroupSpec, measureOf } from "../spec/group-spec.ts";
import type { GroupedKey } from "../sum/key-codes.ts";
import { parsePeriods } from "../sum/period.ts";
import type { SoughtValues } from "../sum/row-values.ts";
import { countColumn, groupOrder } from "./order.ts";
import { selectedGroup } from "./selected-group.ts";

const DEFAULT_SIZE = 1_000;

/** A key as `by` has it: alone, or with the unit of days. */
type KeyInput = string | { readonly field: string; readonly unit?: InputMaybe<PeriodUnit> };

/** The arguments of the field `groups`, as GraphQL has coerced them. */
interface GroupsArgs {
  readonly by?: InputMaybe<readonly KeyInput[]>;
  readonly over?: InputMaybe<PeriodInput>;
  readonly on?: InputMaybe<string>;
  readonly having?: InputMaybe<GroupHaving>;
  readonly orderBy?: InputMaybe<readonly OrderInput[]>;
  readonly first?: InputMaybe<number>;
  readonly after?: InputMaybe<string>;
}

/** The arguments of the field `groups` and what is selected of it, compiled. */
export interface Question extends SoughtValues {
  readonly name: ConnectionName;
  readonly day: string;
  /** Tests groups. */
  readonly having: Filter;
  readonly order: Order;
  readonly pageRequest: PageRequest;
}

/** Compiles the field `groups` at these nodes of the document, without any call to Alma. Throws BAD_USER_INPUT. */
export function compileGroups(
  context: GraphContext,
  info: CollectionInfo,
  nodes: readonly FieldNode[],
  args: GroupsArgs,
  name: ConnectionName,
): Question {
  const { fields, keyFields, distinct } = selectedGroup(info, typeNameOf(name), nodes);
  const spec = context.settings.connectionSpecs[name].groups;
  if (!spec) throw new Error(`The schema has groups of ${name}, but its file in src/graph/ declares none.`);
  const keys = parseKeys(spec, args.by ?? []);
  for (const field of keyFields)
    if (field !== "__typename" && !keys.some(({ key }) => key.field === field)) throw unaskedKey(field, spec);
  const periods = args.over ? parsePeriods(args.over) : undefined;
  const { first, after, ...asked } = args;
  const id = createHash("sha256").update(JSON.stringify(asked)).digest("base64url").slice(0, 16);
  const hasPeriods = periods !== undefined;
  const orderBy = args.orderBy ?? [];
  const order = groupOrder(`${typeNameOf(name)} groups ${id}`, spec, keys, hasPeriods, orderBy);
  const needed = neededNumbers(spec, fields, orderBy, hasPeriods);
  const namesIn = (table: object = {}) => Object.keys(table).filter((one) => needed.has(one));
  const rents = hasPeriods ? namesIn(spec.periodAmounts) : [];
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
    amounts: namesIn(spec.amounts),
    // All amounts of periods are rents, which the settings may not let be told.
    periodAmounts: rents.length > 0 && rentSettingsOf(context).pricePeriods ? rents : [],
    dates: namesIn(spec.dates),
    measures: namesIn(spec.measures).filter(
      (one) => (spec.measures?.[one]?.isInPeriods ?? hasPeriods) === hasPeriods,
    ),
  };
}

/** The names of the amounts, days and measures that are shown, or order groups. */
function neededNumbers(
  { ratios = {}, sums = {} }: GroupSpec,
  fields: ReadonlySet<string>,
  orderBy: readonly OrderInput[],
  hasPeriods: boolean,
) {
  const needed = new Set(fields);
  for (const { field } of orderBy) {
    const sum = sums[field];
    if (sum !== undefined) needed.add(measureOf(sum, hasPeriods));
  }
  for (const [name, { part, whole }] of Object.entries(ratios))
    if (needed.has(name)) needed.add(measureOf(part, hasPeriods)).add(measureOf(whole, hasPeriods));
  return needed;
}

function groupedKey({ keys }: GroupSpec, name: string, unit: PeriodUnit = "DAY"): GroupedKey {
  const key = keys[name];
  if (!key) throw new Error(`The schema offers the key "${name}", which is not implemented.`);
  return { name, key, unit: key.isDay ? unit : undefined };
}

function parseKeys(spec: GroupSpec, by: readonly KeyInput[]): GroupedKey[] {
  const parsed: GroupedKey[] = [];
  for (const [index, input] of by.entries()) {
    const { field: name, unit } = typeof input === "string" ? { field: input, unit: undefined } : input;
    const grouped = groupedKey(spec, name, unit ?? undefined);
    if (parsed.some((other) => other.name === name))
      throw badInput(`by.${index}`, `${name} is there already; name each key once.`);
    if (unit && !grouped.key.isDay)
      throw badInput(`by.${index}.unit`, `${name} is no day, so that it has no unit; leave the unit out.`);
    parsed.push(grouped);
  }
  return parsed;
}

function unaskedKey(field: string, { keys }: GroupSpec) {
  const [name] = Object.entries(keys).find(([, key]) => key.field === field) ?? [field];
  return badInput(
    "by",
    `keys.${field} is selected, but the groups are not by ${name}; add it to by, or leave keys.${field} out.`,
  );
}

const MAX_SCALE = 10;

/** Throws BAD_USER_INPUT for a number of decimals that no mean is given with. */
export function checkScale(scale: number): void {
  if (scale < 0 || scale > MAX_SCALE)
    throw badInput("scale", `${scale} is no number of decimals here; ask for 0 to ${MAX_SCALE}.`);
}
