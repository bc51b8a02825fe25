import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
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
          const { deep, objects } = measure(request.variables ?? {});
          if (deep) {
            const fact = `has variables nested more than ${deepestVariable} deep`;
            throw tooLarge("MAX_DEPTH", fact, "Say it with fewer conditions inside conditions");
          }
          if (objects > config.maxTokens) {
            const fact = `has ${objects} objects in its variables; ${config.maxTokens} are allowed`;
            throw tooLarge("MAX_TOKENS", fact, "Name many values in one list, such as that of `in`");
          }
          const { depth, repeats } = surveyor.survey(document, operation);
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

/** How many objects a JSON value has, and whether they lie too deep in each other. Fills no stack itself. */
function measure(value: unknown): { readonly deep: boolean; readonly objects: number } {
  let objects = 0;
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepestVariable) return { deep: true, objects };
    const next: unknown[] = [];
    for (const each of level) {
      if (!Array.isArray(each)) objects += 1;
      for (const inner of Object.values(each as object))
        if (typeof inner === "object" && inner !== null) next.push(inner);
    }
    level = next;
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
