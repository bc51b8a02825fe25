import type { ApolloServerPlugin } from "@apollo/server";
import {
  GraphQLError,
  type GraphQLNamedInputType,
  getNamedType,
  isInputObjectType,
  isScalarType,
} from "graphql";
import type { Config } from "../config.ts";
import type { Served } from "./graphql.ts";
import type { Surveyor } from "./surveyor.ts";

/** Lists and objects inside each other in variables: more than any question needs, far less than what fills a stack. */
const deepestVariable = 100;

/** Refuses operations that are too deep or repeat too much, saying which setting allows how much. */
export function limit(surveyor: Surveyor, config: Config): ApolloServerPlugin<Served> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request }) {
          if (!operation) return;
          const { variables, depth, repeats } = surveyor.survey(document, operation);
          const { deep, objects } = measure(request.variables ?? {}, variables);
          if (deep) {
            const fact = `has variables nested more than ${deepestVariable} deep`;
            throw tooLarge("MAX_DEPTH", fact, "Send fewer lists and objects inside each other");
          }
          if (objects > config.maxTokens) {
            const fact = `has ${objects} objects in its variables; ${config.maxTokens} are allowed`;
            throw tooLarge("MAX_TOKENS", fact, "Name many values in one list, such as that of `in`");
          }
          if (depth > config.maxDepth) {
            throw tooLarge(
              "MAX_DEPTH",
              `has fields ${depth} deep; ${config.maxDepth} are allowed`,
              "Ask in several operations",
            );
          }
          if (repeats > config.maxAliases) throw tooRepetitive(repeats, config.maxAliases);
        },
      };
    },
  };
}

/** A list or an object inside variables, and what it is a value of; undefined: nothing that is declared. */
interface Held {
  readonly value: object;
  readonly type: GraphQLNamedInputType | undefined;
}

/**
 * How many objects variables have, and whether they lie too deep in each other. Objects inside the value of a scalar
 * are data, of which `MAX_BODY` is the bound, and no conditions that have to be worked on: they do not count, but
 * their depth does. Fills no stack itself.
 */
function measure(
  variables: Readonly<Record<string, unknown>>,
  types: ReadonlyMap<string, GraphQLNamedInputType>,
): { readonly deep: boolean; readonly objects: number } {
  // The variables themselves are an object.
  let objects = 1;
  let level: Held[] = [];
  let next: Held[] = [];
  const hold = (value: unknown, type: GraphQLNamedInputType | undefined) => {
    if (typeof value === "object" && value !== null) next.push({ value, type });
  };
  for (const [name, value] of Object.entries(variables)) hold(value, types.get(name));
  for (let depth = 1; next.length > 0; depth++) {
    if (depth > deepestVariable) return { deep: true, objects };
    level = next;
    next = [];
    for (const { value, type } of level) {
      if (Array.isArray(value)) {
        for (const inner of value) hold(inner, type);
        continue;
      }
      if (!isScalarType(type)) objects += 1;
      const fields = isInputObjectType(type) ? type.getFields() : undefined;
      for (const [name, inner] of Object.entries(value)) {
        const declared = fields?.[name]?.type;
        hold(inner, fields ? declared && getNamedType(declared) : type);
      }
    }
  }
  return { deep: false, objects };
}

/** The refusal of an operation, or of one definition of its document, that repeats too much. */
export function tooRepetitive(repeats: number, allowed: number): GraphQLError {
  const fact = `has ${repeats} aliased or repeated fields; ${allowed} are allowed`;
  return tooLarge("MAX_ALIASES", fact, "Ask for several records at once with nodes or a filter");
}

/** The refusal of an operation that is larger than a setting allows. */
export function tooLarge(setting: string, fact: string, advice: string): GraphQLError {
  return new GraphQLError(`The operation ${fact} (${setting}). ${advice}.`, {
    extensions: { code: "LIMIT_EXCEEDED", limit: setting, http: { status: 400 } },
  });
}
