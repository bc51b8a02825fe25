import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { Served } from "./graphql.ts";
import type { Caller, Scope } from "./scope.ts";
import { readVariable, type Survey } from "./survey.ts";
import type { Surveyor } from "./surveyor.ts";

/**
 * Checks, before an operation costs anything, that its caller may see and do all that it asks for; what is missing is
 * listed; an open gateway guards nothing. Secrets are read for one record per operation, whoever asks: a list of door
 * codes is nobody's business, and a client that is written against an open gateway works with a guarded one.
 */
export function guard(surveyor: Surveyor, open: boolean): ApolloServerPlugin<Served> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request, contextValue }) {
          if (!operation) return;
          const found = surveyor.survey(document, operation);
          const { caller } = contextValue.operation;
          const missing = open ? none : missingScopes(surveyor, found, request.variables ?? {}, caller);
          if (missing.size > 0) throw forbidden(missing, caller);
          if (found.secrets.size > 1 || [...found.secrets].some((path) => path.includes("*")))
            throw tooManySecrets();
        },
      };
    },
  };
}

const none: ReadonlyMap<Scope, Set<string>> = new Map();

function missingScopes(
  surveyor: Surveyor,
  { needs, guardedVariables }: Survey,
  variables: Readonly<Record<string, unknown>>,
  { scopes }: Caller,
): Map<Scope, Set<string>> {
  const missing = new Map(
    [...needs].filter(([scope]) => !scopes.has(scope)).map(([scope, at]) => [scope, new Set(at)]),
  );
  for (const { name, type } of guardedVariables) {
    readVariable(surveyor.annotations, variables[name], type, (scope, element) => {
      if (!scopes.has(scope)) missing.set(scope, (missing.get(scope) ?? new Set()).add(element));
    });
  }
  return missing;
}

function forbidden(missing: ReadonlyMap<Scope, ReadonlySet<string>>, caller: Caller): GraphQLError {
  const parts = [...missing].map(([scope, elements]) => {
    const some = [...elements].slice(0, 10).join(", ");
    return `${scope.toLowerCase()} (for ${some}${elements.size > 10 ? ` and ${elements.size - 10} more` : ""})`;
  });
  const has = [...caller.scopes].join(", ").toLowerCase() || "none";
  return new GraphQLError(
    `This operation needs scopes that its caller does not have: ${parts.join("; ")}. The caller has: ${has}. ` +
      "Leave these elements out, or ask for a key with the scopes.",
    { extensions: { code: "FORBIDDEN", missing: [...missing.keys()], http: { status: 403 } } },
  );
}

function tooManySecrets(): GraphQLError {
  return new GraphQLError(
    "Keybox codes, lock codes and internet passwords are read for one record per operation, not for a list and not " +
      "under several aliases. Ask for the record alone, by its ref.",
    { extensions: { code: "FORBIDDEN", http: { status: 403 } } },
  );
}
