import {
  type ArgumentNode,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  type ObjectFieldNode,
  OperationTypeNode,
  typeFromAST,
} from "graphql";
import { z } from "zod";
import { checkName, parseHeadAs, ReportFault } from "../../report/index.ts";

const text = z.string().trim().min(1, "is empty");
const columnShape = z.strictObject({
  /** What stands above it in templates. */
  title: text,
  /** Other names that it may have, such as those of a report. */
  also: z.array(text).default([]),
  example: z.union([z.string(), z.number(), z.boolean()]).default("").transform(String),
  means: text.optional(),
  /** Where the payload shows the value that the record has. */
  shows: text.optional(),
  /** The variable by which a run is told what its preview has seen there. */
  was: text.optional(),
  /** The type of record that it names: rows about others are left out. */
  only: text.optional(),
});
const headSchema = z.strictObject({
  title: text,
  description: text,
  order: z.number().optional(),
  /** The report whose file is this import's table, filled in. */
  report: text.optional(),
  /** The paths, from the payload, of what people call the record by. */
  label: z.array(text).default([]),
  /** What else the payload tells of a change: by a title, the path to it. */
  tells: z.record(text, text).default({}),
  columns: z.record(z.string(), columnShape),
});
const keys = { "": headSchema.shape, columns: columnShape.shape };

/** A column that an import reads: a variable of its mutation. */
export interface ImportColumn extends Readonly<Omit<z.infer<typeof columnShape>, "shows">> {
  readonly variable: string;
  readonly type: GraphQLInputType;
  readonly isRequired: boolean;
  readonly shows: readonly string[] | undefined;
}

/** A document that is an import: a mutation of one record, made once for each row of a table. */
export interface Import extends Readonly<Omit<z.infer<typeof headSchema>, "columns" | "label">> {
  /** In its address: `unit-rents`. */
  readonly name: string;
  readonly document: string;
  /** The first names the record. */
  readonly columns: readonly ImportColumn[];
  /** The titles of columns by the places of their variables in the arguments, such as `input.email`. */
  readonly titles: ReadonlyMap<string, string>;
  readonly label: readonly (readonly string[])[];
}

/** What decides whether a document is an import. */
export interface ImportRules {
  readonly schema: GraphQLSchema;
  /** Parses and validates a document within the limits of all. Throws a GraphQLError. */
  readDocument(text: string): DocumentNode;
}

/** Makes an import of a document, and checks all of it. Throws a ReportFault, and a GraphQLError of its mutation. */
export function parseImport(name: string, document: string, { schema, readDocument }: ImportRules): Import {
  checkName(name);
  const head = parseHeadAs(document, headSchema, keys, '"# title: Rents of units" and "# columns:"');
  const operations = readDocument(document).definitions.filter(
    (node) => node.kind === Kind.OPERATION_DEFINITION,
  );
  const [operation] = operations;
  if (operations.length !== 1 || operation?.operation !== OperationTypeNode.MUTATION)
    throw new ReportFault("It has to have one operation: a mutation.");
  const columns: ImportColumn[] = [];
  const told = new Set(Object.values(head.columns).flatMap(({ was = [] }) => was));
  for (const { variable, type: node, defaultValue } of operation.variableDefinitions ?? []) {
    const { value } = variable.name;
    const column = head.columns[value];
    const type = typeFromAST(schema, node as never);
    if (!column && told.has(value)) continue;
    if (!column || !isInputType(type) || isListType(getNullableType(type)))
      throw new ReportFault(
        `Its variable $${value} has to be a single value, and a column of its head: "# columns: { ${value}: { title: … } }".`,
      );
    const isRequired = isNonNullType(type) && !defaultValue;
    columns.push({ ...column, variable: value, type, isRequired, shows: column.shows?.split(".") });
  }
  const order = Object.keys(head.columns);
  const unknown = order.find((variable) => !columns.some((column) => column.variable === variable));
  if (unknown !== undefined)
    throw new ReportFault(`Its head has the column ${unknown}, and its mutation no $${unknown}.`);
  columns.sort((one, other) => order.indexOf(one.variable) - order.indexOf(other.variable));
  if (!columns[0]?.isRequired)
    throw new ReportFault("Its first column names the record: it has to be one that is required.");
  const root = operation.selectionSet.selections.find((node) => node.kind === Kind.FIELD);
  const titles = new Map<string, string>();
  for (const [place, name] of placesOf(root?.arguments ?? [])) {
    const column = columns.find(({ variable, was }) => variable === name || was === name);
    if (column) titles.set(place, column.title);
  }
  const label = head.label.map((path) => path.split("."));
  return { ...head, name, document, columns, titles, label };
}

/** Where variables stand in arguments, and their names. */
const placesOf = (
  nodes: readonly (ArgumentNode | ObjectFieldNode)[],
  before = "",
): (readonly [place: string, variable: string])[] =>
  nodes.flatMap(({ name, value }) => {
    const place = before + name.value;
    if (value.kind === Kind.OBJECT) return placesOf(value.fields, `${place}.`);
    return value.kind === Kind.VARIABLE ? [[place, value.name.value] as const] : [];
  });
