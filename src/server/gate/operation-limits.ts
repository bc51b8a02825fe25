import {
  GraphQLError,
  type GraphQLInputFieldMap,
  type GraphQLNamedType,
  getNamedType,
  isInputObjectType,
  isNonNullType,
} from "graphql";
import { maxText } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { OperationAnalyzer, VariableAnalysis } from "../scope/operation-analysis.ts";

/** The maximum nesting of lists and objects in variables: more than any query needs, far less than the stack allows. */
const MAX_VARIABLE_DEPTH = 100;
/** The number of list values in variables, such as those of `in`, per token allowed in a document. */
const LIST_VALUES_PER_TOKEN = 5;
/** The characters that errors about variables may quote: graphql-js quotes an object for each field its type lacks. */
const MAX_QUOTED = 1_000_000;

/** Step: refuses operations that are too deep, repeat too many fields, or have too large variables. */
export function limitSize(
  { document, operation, request }: ResolvedOperation<object>,
  { analyzer, config }: { readonly analyzer: OperationAnalyzer; readonly config: Config },
): void {
  const { variables, depth, repeatedFields } = analyzer.analyze(document, operation);
  checkVariables(request.variables ?? {}, variables, config);
  if (depth > config.maxDepth) {
    throw tooLargeError(
      "MAX_DEPTH",
      `has fields ${depth} deep; ${config.maxDepth} are allowed`,
      "Split it into several operations",
    );
  }
  if (repeatedFields > config.maxAliases) throw tooRepetitiveError(repeatedFields, config.maxAliases);
}

/** A list or object in variables, with its declared type if known. */
interface NestedValue {
  readonly value: object;
  readonly type: GraphQLNamedType | undefined;
}

/**
 * Checks variables before any other code walks them: counts objects, and checks nesting, lengths of texts and lengths
 * of lists, level by level and without recursion. Inside JSON values it checks only the nesting, since `MAX_BODY`
 * limits their size. Throws LIMIT_EXCEEDED, and BAD_USER_INPUT if the errors of graphql-js would be too long.
 */
function checkVariables(
  variables: Readonly<Record<string, unknown>>,
  declared: ReadonlyMap<string, VariableAnalysis>,
  { maxTokens, maxPage }: Config,
) {
  const maxLength = Math.max(maxTokens * LIST_VALUES_PER_TOKEN, maxPage);
  // `variables` itself is an object.
  let objectCount = 1;
  let size = 0;
  let unknownFields = 0;
  let next: NestedValue[] = [];
  const enqueue = (value: unknown, type: GraphQLNamedType | undefined) => {
    size += typeof value === "string" ? value.length : 1;
    if (typeof value === "string" && value.length > maxText && type?.name !== "JSON")
      throw tooLongTextError(value.length);
    if (typeof value === "object" && value !== null) next.push({ value, type });
  };
  for (const [name, value] of Object.entries(variables))
    enqueue(value, getNamedType(declared.get(name)?.type));
  for (let depth = 1; next.length > 0; depth++) {
    if (depth > MAX_VARIABLE_DEPTH) {
      const problem = `has variables nested more than ${MAX_VARIABLE_DEPTH} deep`;
      throw tooLargeError("MAX_DEPTH", problem, "Nest fewer lists and objects");
    }
    const level = next;
    next = [];
    for (const { value, type } of level) {
      const isData = type?.name === "JSON";
      if (Array.isArray(value)) {
        if (value.length > maxLength && !isData) throw tooLongListError(value.length, maxLength);
        for (const inner of value) enqueue(inner, type);
        continue;
      }
      const fields = isInputObjectType(type) ? type.getFields() : undefined;
      if (!isData && !hasData(fields)) objectCount += 1;
      if (objectCount > maxTokens) {
        const problem = `has more objects in its variables than the ${maxTokens} that are allowed`;
        throw tooLargeError("MAX_TOKENS", problem, "Send many values in one list, such as that of `in`");
      }
      // `Object.entries` of 100,000 fields takes 100 ms.
      for (const name in value) {
        const fieldType = fields?.[name]?.type;
        size += name.length;
        if (fields && !fieldType) unknownFields += 1;
        enqueue(value[name as keyof typeof value], fields ? fieldType && getNamedType(fieldType) : type);
      }
    }
  }
  if (unknownFields * size > MAX_QUOTED)
    throw new GraphQLError(
      `The variables have ${unknownFields} fields that their types lack, and are too large to name each. Correct the names of fields.`,
      { extensions: { code: "BAD_USER_INPUT" } },
    );
}

/** Returns whether an object carries data that its resolver limits. */
const hasData = (fields: GraphQLInputFieldMap | undefined) =>
  fields !== undefined &&
  Object.values(fields).some(({ type }) => getNamedType(type).name === "JSON" && isNonNullType(type));

/** Creates the error for a text longer than any text in Alma. */
export function tooLongTextError(length: number): GraphQLError {
  const message = `The operation has a text of ${length} characters; ${maxText} are allowed. Shorten it.`;
  return new GraphQLError(message, { extensions: { code: "LIMIT_EXCEEDED" } });
}

function tooLongListError(length: number, maxLength: number) {
  const problem = `has a list of ${length} values in its variables; ${maxLength} are allowed`;
  return tooLargeError("MAX_TOKENS", problem, "Ask in several operations");
}

/** Creates the error for an operation or definition that repeats too many fields. */
export function tooRepetitiveError(repeats: number, maxRepeats: number): GraphQLError {
  const problem = `has ${repeats} aliased or repeated fields; ${maxRepeats} are allowed`;
  return tooLargeError("MAX_ALIASES", problem, "Ask for several records at once with nodes or a filter");
}

/** Creates the error for an operation that exceeds a limit. */
export function tooLargeError(limit: string, problem: string, advice: string): GraphQLError {
  return new GraphQLError(`The operation ${problem}. ${advice}.`, {
    extensions: { code: "LIMIT_EXCEEDED", limit },
  });
}
