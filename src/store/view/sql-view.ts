import type { AcceptedType } from "../../alma/index.ts";
import { asShown, kindDefinitions, kinds } from "../../catalog/index.ts";
import { readFieldScopes } from "../../graph/index.ts";
import type { View } from "./create-view.ts";

/** The differences between dialects of SQL. */
interface Dialect {
  /** Returns the expression of a text in `shown` by its name. */
  readonly textOf: (name: string) => string;
  /** Converts a text to each type; types not listed stay text. */
  readonly types: Readonly<Partial<Record<AcceptedType, (text: string) => string>>>;
  /** Whether its numbers are inexact, so that each decimal is also available as text. */
  readonly hasRoundedDecimals: boolean;
  /** Converts milliseconds of the wall clock to a timestamp. */
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

/** The fields with columns in the table `entry`, because queries join and compare them (see the layouts). */
const ownColumns: Readonly<Record<string, string>> = {
  rentalObject: "rental_object_id",
  client: "client_id",
  building: "building_id",
  parentUnit: "unit_id",
  startDate: "start_date",
  endDate: "end_date",
  isArchived: "is_archived",
  isListed: "is_listed",
};

/** Returns `parent_unit` for `parentUnit`; for a part of a field, the part's name. */
const snakeCase = (name: string) =>
  (name.split(".").at(-1) ?? name).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The views that show records and their changes in SQL, without data that needs a scope. They read the tables `entry`,
 * with a row for each record that has its `kind`, its `id` and its visible fields (`shown`), and `change`.
 */
export function recordViews(dialect: Dialect): readonly View[] {
  const { textOf, types, hasRoundedDecimals, momentOf } = dialect;
  const requiredScopes = readFieldScopes();
  const isLetWhole = `(${isTrue(textOf("isUsedAdditionalExternalId"))}) IS TRUE`;
  const views = kinds.map((kind) => {
    const shown: asShown.Types = {
      ...asShown.visibleTypes(kind, (_, field) =>
        requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`),
      ),
      isListed: "flag",
    };
    const columns = Object.entries(shown).map(([field, type]) => {
      const value = ownColumns[field] ?? types[type]?.(textOf(field)) ?? textOf(field);
      return [`${snakeCase(field)}${type === "record" ? "_id" : ""}`, value];
    });
    const exact = Object.entries(shown)
      .filter(([, type]) => hasRoundedDecimals && type === "decimal")
      .map(([field]) => [`${snakeCase(field)}_text`, textOf(field)]);
    return {
      name: snakeCase(kind),
      columns: {
        id: "id",
        ...Object.fromEntries([...columns, ...exact]),
        ...("startDate" in shown ? itself("first_day", "last_day") : {}),
      },
      source: `entry WHERE kind = '${kind}'`,
    };
  });
  const [unit, room] = ["unit", "room"].map(
    (name) => views.find((view) => view.name === name)?.columns ?? {},
  );
  const rentalObjects = {
    name: "rental_object",
    columns: {
      ...Object.fromEntries(Object.entries(unit ?? {}).filter(([name]) => name in (room ?? {}))),
      unit_id: "unit_id",
      is_lettable: `is_archived IS NOT TRUE AND CASE kind
        WHEN 'unit' THEN ${isLetWhole}
          OR NOT EXISTS (SELECT 1 FROM entry room WHERE room.kind = 'room' AND room.unit_id = entry.id)
        ELSE NOT EXISTS (SELECT 1 FROM entry unit WHERE unit.kind = 'unit' AND unit.id = entry.unit_id
          AND (unit.is_archived IS TRUE OR ${isLetWhole})) END`,
    },
    source: "entry WHERE kind IN ('unit', 'room')",
  };
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
  return [
    ...views,
    rentalObjects,
    { name: "letting", columns: itself(...LETTING_COLUMNS), source: LETTINGS },
    { name: "record_change", columns: changes, source },
  ];
}

const itself = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name]));

const LETTING_COLUMNS = ["rental_object_id", "tenant_contract_id", "first_day", "last_day"];
const CONTRACTS = "entry contract WHERE contract.kind = 'tenantContract' AND contract.first_day IS NOT NULL";
const ROOMS = "room.kind = 'room' AND room.unit_id IS NOT NULL";

const lettings = (rentalObject: string, source: string) =>
  `SELECT ${rentalObject} AS rental_object_id, contract.id AS tenant_contract_id, contract.first_day, contract.last_day
   FROM ${source}`;
/** Each unit or room with each contract that lets it: on itself, on a unit's room, or on a room's unit. */
const LETTINGS = `(${[
  lettings("contract.rental_object_id", `${CONTRACTS} AND contract.rental_object_id IS NOT NULL`),
  lettings("room.unit_id", `entry room, ${CONTRACTS} AND ${ROOMS} AND room.id = contract.rental_object_id`),
  lettings("room.id", `entry room, ${CONTRACTS} AND ${ROOMS} AND room.unit_id = contract.rental_object_id`),
].join(" UNION ALL ")}) AS letting`;
