import type { AcceptedType } from "../../alma/index.ts";
import { kindDefinitions, kinds, type ShownTypes, shownTypes } from "../../catalog/index.ts";
import { readFieldScopes } from "../../graph/index.ts";

/** A view by its name. */
export interface View {
  readonly name: string;
  /** The statement that makes it. */
  readonly text: string;
}

/** What a dialect of SQL says otherwise than others. */
interface Dialect {
  /** A text of `shown` by its name. */
  readonly textOf: (name: string) => string;
  /** How a text is of a type; as it is, where there is none. */
  readonly types: Readonly<Partial<Record<AcceptedType, (text: string) => string>>>;
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
  const { textOf, types, momentOf } = dialect;
  const requiredScopes = readFieldScopes();
  const views = kinds.map((kind) => {
    const shown: ShownTypes = {
      ...shownTypes(kind, (_, field) => requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`)),
      isListed: "flag",
    };
    const columns = Object.entries(shown).map(([field, type]) => {
      const text = textOf(field);
      return `${types[type]?.(text) ?? text} AS ${snakeCase(field)}${type === "record" ? "_id" : ""}`;
    });
    return {
      name: snakeCase(kind),
      query: `SELECT ${["id", ...columns].join(", ")} FROM entry WHERE kind = '${kind}'`,
    };
  });
  const changes = `SELECT seq, n, kind, id, event, CASE WHEN field NOT LIKE '#%' THEN field END AS field, before, after, guarded IS NOT NULL AS is_withheld,
    ${momentOf("not_before")} AS not_before, ${momentOf("not_after")} AS not_after, origin FROM change
    WHERE event <> 'CHANGED' OR field NOT LIKE '#%'`;
  return [...views, { name: "record_change", query: changes }].map(({ name, query }) => ({
    name,
    text: `CREATE VIEW ${name} AS ${query}`,
  }));
}
