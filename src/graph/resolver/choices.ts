import { documentedChoicesOf } from "../../alma/index.ts";
import { kinds as allKinds, type Catalog, type Kind, kindDefinitions } from "../../catalog/index.ts";
import { editDistance } from "../../config/index.ts";

/** A hint that an accepted argument may be wrong. */
export interface Warning {
  readonly message: string;
  /** Its dotted path. */
  readonly argument: string;
  readonly suggestion?: string;
}

interface Warned {
  readonly catalog: Catalog;
  readonly warnings: Warning[];
}

/** The maximum number of warnings in one answer. */
const MAX_WARNINGS = 20;
/** The maximum length of a choice in characters. */
const MAX_LENGTH = 60;

type Table = Catalog["store"]["tables"][Kind];

/** The values reported by records, with Alma's names, by field. */
interface Seen {
  /** The `contentVersion` of the table at that time. */
  version: number;
  readonly fields: ReadonlyMap<string, Map<string, string | null>>;
}

const seenByTable = new WeakMap<Table, Seen>();

/** Collects new values. Values are kept once seen. */
function lookAt(table: Table): Seen {
  const fields = Object.keys(documentedChoicesOf(table.kind));
  const seen = seenByTable.get(table) ?? {
    version: -1,
    fields: new Map(fields.map((name) => [name, new Map()])),
  };
  seenByTable.set(table, seen);
  if (seen.version === table.contentVersion) return seen;
  for (const { value: record } of table.records)
    for (const [field, values] of seen.fields) {
      const shown = record[field];
      const { value, name } =
        typeof shown === "string"
          ? { value: shown, name: null }
          : ((shown ?? {}) as { readonly value?: string; readonly name?: string | null });
      if (value && value.length <= MAX_LENGTH) values.set(value, name ?? values.get(value) ?? null);
    }
  seen.version = table.contentVersion;
  return seen;
}

/** Lists the fields of all kinds that have choices, by schema name, with their values. */
export const allChoices = ({ store }: Catalog) =>
  allKinds.flatMap((kind) => {
    const { fields } = lookAt(store.tables[kind]);
    return Object.entries(documentedChoicesOf(kind)).map(([field, names]) => {
      const seen: ReadonlyMap<string, string | null> = fields.get(field) ?? new Map();
      const values = [...new Set([...Object.keys(names), ...seen.keys()])].map((value) => {
        // Prefers the name that Alma shows. The label is human-readable English.
        const name = seen.get(value) ?? names[value] ?? null;
        const label = labelOf(name ?? value);
        return { value, label, name, isDocumented: value in names, isSeen: seen.has(value) };
      });
      return { field: `${kindDefinitions[kind].typeName}.${field}`, values };
    });
  });

/** Turns `property_type.detached_villa` into `Detached villa`. Text written for people stays. */
function labelOf(name: string) {
  const word = name.slice(name.lastIndexOf(".") + 1).replaceAll("_", " ");
  return /^[a-z]/.test(word) ? `${word[0]?.toUpperCase()}${word.slice(1)}` : word;
}

type Input = Readonly<Record<string, unknown>>;

/**
 * Warns about values in a filter or input that neither Alma's document nor its records contain. Choices are open-ended,
 * so these are not errors, but most are typos. `path`: the path of the input.
 */
export function warnOfUnknownChoices(
  context: Warned,
  kinds: readonly Kind[],
  input: object,
  path: string,
): void {
  for (const [name, value] of Object.entries(input as Input)) {
    if (value == null || context.warnings.length >= MAX_WARNINGS) continue;
    const at = `${path}.${name}`;
    const inner = linkedKinds(name, kinds);
    if (inner && Array.isArray(value))
      for (const [index, one] of value.entries()) warnOfUnknownChoices(context, inner, one, `${at}.${index}`);
    else if (inner) warnOfUnknownChoices(context, inner, value, at);
    const known = kinds.filter((kind) => name in documentedChoicesOf(kind));
    if (known.length === 0) continue;
    const {
      eq,
      ne,
      in: some,
      notIn,
      ignoreCase,
    } = (typeof value === "string" ? { eq: value } : value) as Input;
    for (const requested of [eq, ne, some, notIn].flat())
      if (typeof requested === "string" && requested !== "")
        warnOfUnknown(context, known, name, requested, ignoreCase === true, at);
  }
}

/** Returns the kinds that a nested filter applies to. */
function linkedKinds(name: string, kinds: readonly Kind[]): readonly Kind[] | undefined {
  if (name === "and" || name === "or" || name === "not") return kinds;
  if (!name.endsWith("Where")) return undefined;
  const target = name.slice(0, -"Where".length);
  if (target === "rentalObject") return ["unit", "room"];
  return allKinds.filter((kind) => kind === target || (kind === "unit" && target === "parentUnit"));
}

function warnOfUnknown(
  context: Warned,
  kinds: readonly Kind[],
  field: string,
  requested: string,
  ignoresCase: boolean,
  argument: string,
) {
  const { tables } = context.catalog.store;
  const known = new Set(kinds.flatMap((kind) => Object.keys(documentedChoicesOf(kind)[field] ?? {})));
  const isKnown = () =>
    known.has(requested) ||
    (ignoresCase && [...known].some((value) => value.toLowerCase() === requested.toLowerCase()));
  const addSeen = ({ fields }: Seen) => {
    for (const value of fields.get(field)?.keys() ?? []) known.add(value);
  };
  for (const kind of kinds) addSeen(seenByTable.get(tables[kind]) ?? lookAt(tables[kind]));
  if (isKnown()) return;
  for (const kind of kinds) addSeen(lookAt(tables[kind]));
  if (isKnown()) return;
  const suggestion = nearest(requested, [...known]);
  const names = kinds.map((kind) => `${kindDefinitions[kind].typeName}.${field}`).join(" and ");
  const message =
    `${argument}: ${JSON.stringify(requested.slice(0, MAX_LENGTH))} is not a value of ${names} in Alma's document or in a record ` +
    `that was read. ${suggestion === undefined ? "" : `Did you mean ${JSON.stringify(suggestion)}? `}The field choices lists the known ones.`;
  context.warnings.push({ message, argument, suggestion });
}

/** Returns the most similarly spelled value, if one is close. */
function nearest(requested: string, values: readonly string[]) {
  if (requested.length > MAX_LENGTH) return undefined;
  const [best] = values
    .map((value) => ({ value, apart: editDistance(requested.toLowerCase(), value.toLowerCase()) }))
    .sort((one, other) => one.apart - other.apart);
  return best && best.apart <= Math.max(1, Math.floor(requested.length / 3)) ? best.value : undefined;
}
