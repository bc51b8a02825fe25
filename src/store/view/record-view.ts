import type { AcceptedType } from "../../alma/index.ts";
import { kindDefinitions, kinds, type ShownTypes, shownTypes } from "../../catalog/index.ts";
import { readFieldScopes } from "../../graph/index.ts";

/** A view by its name. */
export interface View {
  readonly name: string;
  /** The expression of each column, by its name. */
  readonly columns: Readonly<Record<string, string>>;
  /** Where they are from. */
  readonly source: string;
}

/** The statement that makes a view. `before`: the columns that come first, as they do in the present view. */
export function createView({ name, columns, source }: View, before: readonly string[] = []): string {
  const order = [...new Set([...before.filter((column) => column in columns), ...Object.keys(columns)])];
  const selected = order.map((column) => `${columns[column]} AS ${column}`).join(", ");
  return `VIEW ${name} AS SELECT ${selected} FROM ${source}`;
}

/** What a dialect of SQL says otherwise than others. */
interface Dialect {
  /** A text of `shown` by its name. */
  readonly textOf: (name: string) => string;
  /** How a text is of a type; as it is, where there is none. */
  readonly types: Readonly<Partial<Record<AcceptedType, (text: string) => string>>>;
  /** Whether its numbers are not exact, so that each decimal is a text too. */
  readonly hasRoundedDecimals: boolean;
  /** A moment, of milliseconds of the wall clock. */
  readonly momentOf: (ms: string) => string;
}

const isTrue = (text: string) => `${text} = 'true'`;
const cast = (type: string) => (text: string) => `CAST(${text} AS ${type})`;

export const sqlite: Dialect = {
  textOf: (name) => `json_extract(shown, '$."${name}"')`,
  types: {
    record: cast("INTEGER"),
    whole: cast("INTEGER"),
    number: cast("NUMERIC"),
    decimal: cast("NUMERIC"),
    flag: isTrue,
  },
  hasRoundedDecimals: true,
  momentOf: (ms) => `strftime('%Y-%m-%d %H:%M:%f', ${ms} / 1000.0, 'unixepoch')`,
};

export const postgres: Dialect = {
  textOf: (name) => `(shown ->> '${name}')`,
  types: {
    record: cast("bigint"),
    whole: cast("bigint"),
    number: cast("double precision"),
    decimal: cast("numeric"),
    date: cast("date"),
    photos: cast("jsonb"),
    flag: isTrue,
  },
  hasRoundedDecimals: false,
  momentOf: (ms) => `to_timestamp(${ms} / 1000.0)`,
};

/** `parent_unit` of `parentUnit`; of a part of a field, the part's name. */
const snakeCase = (name: string): string =>
  (name.split(".").at(-1) ?? name).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The views by which records and their changes are read with SQL, without what needs a scope. They stand on the tables
 * `entry`, with a row for each record that has its `kind`, its `id` and what it shows (`shown`), and `change`.
 */
export function recordViews(dialect: Dialect): readonly View[] {
  const { textOf, types, hasRoundedDecimals, momentOf } = dialect;
  const requiredScopes = readFieldScopes();
  const views = kinds.map((kind) => {
    const shown: ShownTypes = {
      ...shownTypes(kind, (_, field) => requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`)),
      isListed: "flag",
    };
    const columns = Object.entries(shown).map(([field, type]) => {
      const text = textOf(field);
      return [`${snakeCase(field)}${type === "record" ? "_id" : ""}`, types[type]?.(text) ?? text];
    });
    const exact = Object.entries(shown)
      .filter(([, type]) => hasRoundedDecimals && type === "decimal")
      .map(([field]) => [`${snakeCase(field)}_text`, textOf(field)]);
    return {
      name: snakeCase(kind),
      columns: { id: "id", ...Object.fromEntries([...columns, ...exact]) },
      source: `entry WHERE kind = '${kind}'`,
    };
  });
  const itself = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]));
  const changes = {
    ...itself("seq", "n", "kind", "id", "event"),
    field: "CASE WHEN field NOT LIKE '#%' THEN field END",
    ...itself("before", "after"),
    is_withheld: "guarded IS NOT NULL",
    not_before: momentOf("not_before"),
    not_after: momentOf("not_after"),
    ...itself("origin"),
  };
  const source = "change WHERE event <> 'CHANGED' OR field NOT LIKE '#%'";
  return [...views, { name: "record_change", columns: changes, source }];
}
