import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";
import { codeFolder } from "../../../config/index.ts";
import { type DocumentRules, findNeededScopes } from "../../../server/index.ts";
import {
  findColumn,
  outermostLists,
  pathOf,
  type ReportColumn,
  readReportColumns,
  selectColumns,
} from "./columns.ts";
import { checkName, type DocumentHead, InvalidDocumentError, listDocuments, parseHead } from "./document.ts";
import { canBeParameter, InvalidParameterError, type Parameter, readParameters } from "./parameter.ts";
import { fieldAt, selectFields } from "./selected-fields.ts";

/** A document that is a report. */
export type Report = ReturnType<typeof parseReport>;

/** A report of a folder. */
export interface ListedReport extends Report {
  /** The reports with the choices of its parameters. */
  readonly choices: ReadonlyMap<string, Report>;
}

/** How rows are grouped. */
export type Grouping = Report["groupings"][number];

/** The chart section of a report. */
export interface ChartPlan {
  /** Undefined if the columns are self-explanatory. */
  readonly title?: string;
  readonly kind: "bar" | "line";
  readonly x: ReportColumn;
  /** The last day of the value at x. */
  readonly until?: ReportColumn;
  readonly y: readonly ReportColumn[];
}

/** Parses a report and checks everything but the values of its parameters. Throws an InvalidDocumentError. */
export function parseReport(name: string, query: string, rules: DocumentRules) {
  const { schema, analyzer } = rules;
  checkName(name);
  const head = parseHead(query);
  const { document, operation } = readQuery(query, rules);
  const { requiredScopes } = analyzer.analyze(document, operation);
  for (const [scope, elements] of requiredScopes)
    if (scope === "SECRETS" || scope === "WRITE")
      throw new InvalidDocumentError(
        `It asks for ${[...elements].join(", ")}, and no report may show data that opens doors or networks.`,
      );
  const { title, description, order } = head;
  const report = {
    /** Its name in URLs: `rent-roll`. */
    name,
    title,
    description,
    order,
    query,
    /** The name of its only operation. */
    operationName: operation.name?.value ?? "",
    parameters: readParameterList(head, operation, schema),
    /** The scopes that its caller needs. */
    scopes: findNeededScopes(analyzer, { document, operation }),
    ...readColumns(head, document, operation, schema),
  };
  checkDefaults(report.parameters);
  return report;
}

function readQuery(query: string, { readDocument }: Pick<DocumentRules, "readDocument">) {
  let document: DocumentNode;
  try {
    document = readDocument(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const line = error.locations?.[0]?.line;
    const isRead = error.extensions.limit === undefined && !error.message.startsWith("Syntax Error");
    throw new InvalidDocumentError(
      isRead
        ? `Its query does not fit the schema: ${error.message}`
        : `Its query cannot be read: ${error.message}${line === undefined ? "" : `, in line ${line}`}`,
    );
  }
  // Null if there are several.
  const operation = getOperationAST(document);
  if (operation?.operation !== "query" || !operation.name)
    throw new InvalidDocumentError("It must have exactly one operation, a query with a name.");
  return { document, operation };
}

function readColumns(
  {
    rows: rowsPath,
    expand: expandPath,
    merge,
    key: keyPaths,
    columns: heads,
    chart,
    joined,
    subtotals,
    groups,
  }: DocumentHead,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
) {
  const fields = selectFields(schema, document, operation, undefined);
  const rows = rowsPath.split(".");
  const row = fieldAt(fields, rows);
  const lists = outermostLists(fields);
  if (!row || !lists.includes(rowsPath))
    throw new InvalidDocumentError(
      `Its rows are ${rowsPath}, which is not a list that it selects. Its lists are: ${lists.join(", ")}.`,
    );
  if (lists.length > 1)
    throw new InvalidDocumentError(
      `It selects the lists ${lists.join(", ")}, but every leaf must be a column of ${rowsPath}. Leave the others out.`,
    );
  const expand = expandPath?.split(".");
  const expanded = expand && fieldAt(row.fields, expand);
  if (expand && !(expanded?.isList && isCompositeType(expanded.type)))
    throw new InvalidDocumentError(
      `Its rows are expanded by ${expandPath}, which is not a list that ${rowsPath} selects. Its lists are: ` +
        `${outermostLists(row.fields).join(", ") || "none"}.`,
    );
  const selected = selectColumns(row, expand);
  if (selected.lists.length > 0)
    throw new InvalidDocumentError(
      `No cell can hold the lists ${selected.lists.join(", ")}. Leave them out, or name one as expand.`,
    );
  const columns = readReportColumns(heads, selected.columns);
  const ownId = columns.find((column) => column.holds === "id" && pathOf(column) === "id");
  const at = (path: string, section: string) => findColumn(columns, path, section);
  return {
    /** The response path of the list whose items are the rows. */
    rows,
    /** The response path, from a row, of the list whose items become rows. */
    expand,
    columns,
    /** The columns by which rows are merged; undefined if rows are not merged. */
    merge: merge?.map((path) => at(path, "merge")),
    /** The columns that identify a row across runs; undefined if runs cannot be compared. */
    key: keyPaths?.map((path) => at(path, "key")) ?? (ownId && !expand ? [ownId] : undefined),
    /** Columns that pages show as one column; the first one is the name of a row. */
    joined: joined.map((one) => ({ ...one, of: one.of.map((path) => at(path, "joined")) })),
    /** How pages can group rows; the first grouping is the default if `isGrouped`. */
    groupings: [
      ...(subtotals ? [subtotals] : []),
      ...groups.map((by) => ({ by, label: by, sheets: false })),
    ].map(({ by, label = by, sheets: hasSheets }) => ({
      by: at(by, "subtotals"),
      /** The column with the name of a group. */
      label: at(label, "subtotals"),
      /** Whether each group starts a new page of paper. */
      hasSheets,
    })),
    isGrouped: subtotals !== undefined,
    chart: chart && {
      ...chart,
      x: at(chart.x, "chart"),
      until: chart.until === undefined ? undefined : at(chart.until, "chart"),
      y: chart.y.map((path) => at(path, "chart")),
    },
  };
}

function readParameterList(
  { parameters: heads }: DocumentHead,
  { variableDefinitions = [] }: OperationDefinitionNode,
  schema: GraphQLSchema,
): Parameter[] {
  const parameters = variableDefinitions.map((definition): Parameter => {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type as Parameters<typeof typeFromAST>[1]);
    if (!isInputType(type) || !canBeParameter(type))
      throw new InvalidDocumentError(
        `Its variable $${name} cannot be given in an address: it must be a scalar, an enum, a Ref, or a list of those.`,
      );
    if (name.startsWith("_"))
      throw new InvalidDocumentError(
        `Its variable $${name} begins with _, which only options of addresses do.`,
      );
    const { title = name, description, default: value, choices: choicesOf } = heads[name] ?? {};
    const isList = isListType(getNullableType(type));
    if (Array.isArray(value) && !isList)
      throw new InvalidDocumentError(`Its parameter ${name} takes one value, and its default has several.`);
    return {
      name,
      title,
      description,
      type,
      namedType: getNamedType(type),
      isList,
      isRequired: isNonNullType(type) && definition.defaultValue === undefined,
      defaultTexts: value === undefined ? undefined : [value].flat().map(String),
      choicesOf,
    };
  });
  const unknown = Object.keys(heads).find((name) => !parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined)
    throw new InvalidDocumentError(
      `Its head has the parameter ${unknown}, and its query has no variable $${unknown}.`,
    );
  return parameters;
}

/** Checks the defaults for any day, since their validity does not depend on it. */
function checkDefaults(parameters: readonly Parameter[]) {
  const withDefaults = parameters.map((parameter) => ({ ...parameter, isRequired: false }));
  try {
    readParameters(withDefaults, new Map(), "2024-02-29");
  } catch (error) {
    if (!(error instanceof InvalidParameterError)) throw error;
    throw new InvalidDocumentError(`A default of its parameters is wrong: ${error.message}`);
  }
}

/** Returns the folders of the shipped reports; each capability may have one. */
function shippedFolders() {
  const capabilities = fileURLToPath(new URL("capabilities", codeFolder));
  return readdirSync(capabilities)
    .map((name) => join(capabilities, name, "reports"))
    .filter((folder) => existsSync(folder));
}

/** A document that cannot be a report. */
export interface BrokenReport {
  readonly name: string;
  /** Sentences that say why. */
  readonly fault: string;
}

/** The documents of a folder, by name. */
export type Reports = ReadonlyMap<string, ListedReport | BrokenReport>;

/** Returns whether a document of the folder is broken. */
export const isBroken = (report: Report | BrokenReport): report is BrokenReport => "fault" in report;

/**
 * Returns the paths of the reports in a folder, by default the shipped ones, by name. Throws the file system's errors.
 */
export const listReports = (folder?: string): ReadonlyMap<string, string> =>
  listDocuments(...(folder === undefined ? shippedFolders() : [folder]));

/** Reads every document of a folder, by default the shipped ones. A broken document does not affect the others. */
export function loadReports(rules: DocumentRules, folder?: string): Reports {
  const read = new Map([...listReports(folder)].map(([name, path]) => [name, loadReport(name, path, rules)]));
  return new Map(
    [...read].map(([name, report]) => [name, isBroken(report) ? report : withChoices(report, read)]),
  );
}

/** Links a report to the reports of its parameters' choices. */
function withChoices(
  report: Report,
  reports: ReadonlyMap<string, Report | BrokenReport>,
): ListedReport | BrokenReport {
  const choices = new Map<string, Report>();
  for (const { name: parameter, choicesOf: name } of report.parameters) {
    if (name === undefined) continue;
    const other = reports.get(name);
    const fault = (what: string) => ({
      name: report.name,
      fault: `The choices of its parameter ${parameter} come from the report ${name}, which ${what}.`,
    });
    if (!other || isBroken(other)) return fault("does not exist or is disabled");
    if (!other.parameters.some((own) => own.name === "search"))
      return fault("has no parameter search, which finds a name");
    if (!other.columns.some(({ holds }) => holds === "id")) return fault("has no column with ids");
    choices.set(parameter, other);
  }
  return { ...report, choices };
}

function loadReport(name: string, path: string, rules: DocumentRules) {
  try {
    return parseReport(name, readFileSync(path, "utf8"), rules);
  } catch (error) {
    const isExpected =
      error instanceof InvalidDocumentError || (error as NodeJS.ErrnoException).code !== undefined;
    if (!isExpected) throw error;
    return { name, fault: (error as Error).message };
  }
}
