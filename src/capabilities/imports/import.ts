import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type ArgumentNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  type ObjectFieldNode,
  OperationTypeNode,
  typeFromAST,
} from "graphql";
import { z } from "zod";
import { codeFolder } from "../../config/index.ts";
import type { DocumentRules } from "../../server/index.ts";
import { checkName, InvalidDocumentError, listDocuments, parseHeadAs } from "../reports/api.ts";

const text = z.string().trim().min(1, "is empty");
const columnShape = z.strictObject({
  /** The column title in templates. */
  title: text,
  /** Other accepted titles, such as those of a report. */
  also: z.array(text).default([]),
  example: z.union([z.string(), z.number(), z.boolean()]).default("").transform(String),
  means: text.optional(),
  /** The path in the payload to the record's value. */
  shows: text.optional(),
  /** The variable that receives the value shown in the preview. */
  was: text.optional(),
  /** The record type that the import accepts; rows about other types are skipped. */
  only: text.optional(),
});
const nameShape = z.strictObject({
  /** The path in the payload. */
  shows: text,
  /** Other accepted titles. */
  also: z.array(text).default([]),
  /** The condition by which the record is found: a path in the filter of its type. */
  find: text.optional(),
});
const headSchema = z.strictObject({
  title: text,
  description: text,
  order: z.number().optional(),
  /** The report whose file is the table of this import, filled with current values. */
  report: text.optional(),
  /** The names by which people identify the record, by column title. */
  names: z.record(text, nameShape).default({}),
  /** The variables that receive the values shown in the preview, with the paths to these values, also into lists. */
  seen: z.record(z.string(), text).default({}),
  /** Additional information about a change, as paths in the payload by title. */
  tells: z.record(text, text).default({}),
  columns: z.record(z.string(), columnShape),
});

/** A document that defines an import: a mutation of one record, executed for each row of a table. */
export type Import = ReturnType<typeof parseImport>;
/** A column that an import reads: a variable of its mutation. */
export type ImportColumn = Import["columns"][number];

/** Parses and checks the document of an import. Throws an InvalidDocumentError, or a GraphQLError of its mutation. */
function parseImport(name: string, document: string, { schema, readDocument }: DocumentRules) {
  checkName(name);
  const head = parseHeadAs(document, headSchema, '"# title: Rents of units" and "# columns:"');
  // Null if there are several.
  const operation = getOperationAST(readDocument(document));
  if (operation?.operation !== OperationTypeNode.MUTATION)
    throw new InvalidDocumentError("It must have exactly one operation, a mutation.");
  const previewed = new Set(Object.values(head.columns).flatMap(({ was = [] }) => was));
  for (const variable of Object.keys(head.seen)) previewed.add(variable);
  const columns = (operation.variableDefinitions ?? []).flatMap(({ variable, type: node, defaultValue }) => {
    const { value } = variable.name;
    const column = head.columns[value];
    const type = typeFromAST(schema, node as never);
    if (!column && previewed.has(value)) return [];
    if (!column || !isInputType(type) || isListType(getNullableType(type)))
      throw new InvalidDocumentError(
        `Its variable $${value} must be a single value, and a column of its head: "# columns: { ${value}: { title: … } }".`,
      );
    const isRequired = isNonNullType(type) && !defaultValue;
    return [{ ...column, variable: value, type, isRequired, shows: column.shows?.split(".") }];
  });
  const order = Object.keys(head.columns);
  const unknown = order.find((variable) => !columns.some((column) => column.variable === variable));
  if (unknown !== undefined)
    throw new InvalidDocumentError(`Its head has the column ${unknown}, and its mutation no $${unknown}.`);
  columns.sort((one, other) => order.indexOf(one.variable) - order.indexOf(other.variable));
  if (!columns[0]?.isRequired)
    throw new InvalidDocumentError("The first column names the record, so it must be required.");
  const root = operation.selectionSet.selections.find((node) => node.kind === Kind.FIELD);
  const titles = new Map<string, string>();
  for (const [place, name] of placesOf(root?.arguments ?? [])) {
    const column = columns.find(({ variable, was }) => variable === name || was === name);
    if (column) titles.set(place, column.title);
  }
  const names = Object.entries(head.names).map(([title, { shows, find, ...rest }]) => ({
    ...rest,
    title,
    shows: shows.split("."),
    find: find?.split("."),
  }));
  return {
    ...head,
    /** The name in its URL: `unit-rents`. */
    name,
    document,
    /** The columns. The first one identifies the record. */
    columns,
    /** Column titles by the paths of their variables in the arguments, such as `input.email`. */
    titles,
    /** The names of the record: columns read in addition to its id, or instead of it. */
    names,
    /** The queries for the record by ref, `$ref`, and for records of its type by names, `$filter`. */
    find: findQueries(schema, columns[0].only, names),
    /** The names of the graph's types. */
    types: new Set(Object.keys(schema.getTypeMap())),
  };
}

/** Returns the queries that find records of a type by name; undefined if the graph has none. */
function findQueries(
  schema: GraphQLSchema,
  type: string | undefined,
  names: readonly { readonly shows: readonly string[] }[],
) {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const one = fields.find((field) => getNamedType(field.type).name === type && hasArgument(field, "ref"));
  const many = fields.find((field) => hasArgument(field, "filter", `${type}Filter`));
  if (type === undefined || !one || !many) return undefined;
  const shown = names.map(({ shows: [, ...path] }) => path.join(" { ") + " }".repeat(path.length - 1));
  const selection = ["id", ...shown].join(" ");
  const age = "@freshness(maxAge: 900)";
  return {
    byRef: `query ImportRecord($ref: Ref!) ${age} { record: ${one.name}(ref: $ref) { ${selection} } }`,
    byNames: `query ImportRecords($filter: ${type}Filter!) ${age} { records: ${many.name}(filter: $filter, first: 2) { nodes { ${selection} } } }`,
  };
}

const hasArgument = ({ args }: GraphQLField<unknown, unknown>, name: string, type?: string) =>
  args.some((arg) => arg.name === name && (type === undefined || getNamedType(arg.type).name === type));

/** Returns the paths of variables in arguments, with their names. */
const placesOf = (
  nodes: readonly (ArgumentNode | ObjectFieldNode)[],
  before = "",
): (readonly [place: string, variable: string])[] =>
  nodes.flatMap(({ name, value }) => {
    const place = before + name.value;
    if (value.kind === Kind.OBJECT) return placesOf(value.fields, `${place}.`);
    return value.kind === Kind.VARIABLE ? [[place, value.name.value] as const] : [];
  });

/** The imports shipped with the gateway. */
const shippedFolder = fileURLToPath(new URL("capabilities/imports/documents", codeFolder));

/**
 * Returns the paths of the imports in a folder, by default the shipped ones, by name. Throws the file system's errors.
 */
export const listImports = (folder = shippedFolder): ReadonlyMap<string, string> => listDocuments(folder);

/** Loads every import of a folder, in order. `refuse` is called with each invalid import and the reason. */
export function loadImports(
  rules: DocumentRules,
  folder: string | undefined,
  refuse: (name: string, fault: string) => void,
): readonly Import[] {
  const read: Import[] = [];
  for (const [name, path] of listImports(folder))
    try {
      read.push(parseImport(name, readFileSync(path, "utf8"), rules));
    } catch (error) {
      if (!(error instanceof InvalidDocumentError || error instanceof GraphQLError)) throw error;
      refuse(name, error.message);
    }
  return read.sort((one, other) => (one.order ?? Infinity) - (other.order ?? Infinity));
}
