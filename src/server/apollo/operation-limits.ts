import type { ApolloServerPlugin } from "@apollo/server";
import {
  GraphQLError,
  type GraphQLNamedInputType,
  getNamedType,
  isInputObjectType,
  isScalarType,
} from "graphql";
import type { Config } from "../../config.ts";
import type { VariableAnalysis } from "../access/definition-analysis.ts";
import type { OperationAnalyzer } from "../access/operation-analysis.ts";
import type { ServerContext } from "./server-context.ts";

/** Lists and objects inside each other in variables: more than any question needs, far less than what fills a stack. */
const maxVariableDepth = 100;

/** Refuses operations that are too deep or repeat too much, saying which setting allows how much. */
export function operationLimitsPlugin(
  analyzer: OperationAnalyzer,
  config: Config,
): ApolloServerPlugin<ServerContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request }) {
          if (!operation) return;
          const { variables, depth, repeatedFields } = analyzer.analyze(document, operation);
          const { isTooDeep, objectCount } = measureVariables(request.variables ?? {}, variables);
          if (isTooDeep) {
            const problem = `has variables nested more than ${maxVariableDepth} deep`;
            throw tooLargeError("MAX_DEPTH", problem, "Send fewer lists and objects inside each other");
          }
          if (objectCount > config.maxTokens) {
            const problem = `has ${objectCount} objects in its variables; ${config.maxTokens} are allowed`;
            throw tooLargeError("MAX_TOKENS", problem, "Name many values in one list, such as that of `in`");
          }
          if (depth > config.maxDepth) {
            throw tooLargeError(
              "MAX_DEPTH",
              `has fields ${depth} deep; ${config.maxDepth} are allowed`,
              "Ask in several operations",
            );
          }
          if (repeatedFields > config.maxAliases) throw tooRepetitiveError(repeatedFields, config.maxAliases);
        },
      };
    },
  };
}

/** A list or an object inside variables, and what it is a value of; undefined: nothing that is declared. */
interface NestedValue {
  readonly value: object;
  readonly type: GraphQLNamedInputType | undefined;
}

/**
 * How many objects variables have, and whether they lie too deep in each other. Objects inside the value of a scalar
 * are data, of which `MAX_BODY` is the bound, and no conditions that have to be worked on: they do not count, but
 * their depth does. Fills no stack itself.
 */
function measureVariables(
  variables: Readonly<Record<string, unknown>>,
  declared: ReadonlyMap<string, VariableAnalysis>,
): { readonly isTooDeep: boolean; readonly objectCount: number } {
  // The variables themselves are an object.
  let objectCount = 1;
  let level: NestedValue[] = [];
  let next: NestedValue[] = [];
  const enqueue = (value: unknown, type: GraphQLNamedInputType | undefined) => {
    if (typeof value === "object" && value !== null) next.push({ value, type });
  };
  for (const [name, value] of Object.entries(variables)) enqueue(value, declared.get(name)?.namedType);
  for (let depth = 1; next.length > 0; depth++) {
    if (depth > maxVariableDepth) return { isTooDeep: true, objectCount };
    level = next;
    next = [];
    for (const { value, type } of level) {
      if (Array.isArray(value)) {
        for (const inner of value) enqueue(inner, type);
        continue;
      }
      if (!isScalarType(type)) objectCount += 1;
      const fields = isInputObjectType(type) ? type.getFields() : undefined;
      for (const [name, inner] of Object.entries(value)) {
        const fieldType = fields?.[name]?.type;
        enqueue(inner, fields ? fieldType && getNamedType(fieldType) : type);
      }
    }
  }
  return { isTooDeep: false, objectCount };
}

/** The refusal of an operation, or of one definition of its document, that repeats too much. */
export function tooRepetitiveError(repeats: number, maxRepeats: number): GraphQLError {
  const problem = `has ${repeats} aliased or repeated fields; ${maxRepeats} are allowed`;
  return tooLargeError("MAX_ALIASES", problem, "Ask for several records at once with nodes or a filter");
}

/** The refusal of an operation that is larger than a setting allows. */
export function tooLargeError(setting: string, problem: string, advice: string): GraphQLError {
  return new GraphQLError(`The operation ${problem} (${setting}). ${advice}.`, {
    extensions: { code: "LIMIT_EXCEEDED", limit: setting, http: { status: 400 } },
  });
}
