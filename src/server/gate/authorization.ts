import { GraphQLError } from "graphql";
import type { Config } from "../../config/index.ts";
import {
  coerceVariables,
  type Graph,
  type GuardedComparison,
  mapPromiseOrValue,
  type PromiseOrValue,
  type ResolvedOperation,
} from "../../graph/index.ts";
import type { FatalRequests } from "../observe/fatal-requests.ts";
import type { ServerContext } from "../observe/server-context.ts";
import { findArgumentScopes, visitVariableValue } from "../scope/argument-scopes.ts";
import type { OperationAnalysis, OperationAnalyzer } from "../scope/operation-analysis.ts";
import { isWithholding, reduceDocument } from "../scope/reduced-document.ts";
import { type Caller, type Scope, scopes } from "../scope/scope.ts";
import { tooLargeError } from "./operation-limits.ts";

/** Step: refuses an operation that recently crashed a process, since it would crash this one too. */
export function refuseFatal(
  { contextValue: { admittedRequest } }: ResolvedOperation<ServerContext>,
  { fatalRequests }: { readonly fatalRequests: FatalRequests },
): PromiseOrValue<void> {
  return mapPromiseOrValue(fatalRequests.refusedFor(admittedRequest.requestKey), throwIfRefused);
}

function throwIfRefused(ms: number) {
  if (ms <= 0) return;
  const retryAfter = Math.ceil(ms / 1_000);
  const message =
    "The gateway's process ended while it worked on this request, so it is not tried again for " +
    `${Math.ceil(retryAfter / 60)} minutes. Ask for less at once, or with other values.`;
  throw new GraphQLError(message, {
    extensions: { code: "LIMIT_EXCEEDED", retryAfter },
  });
}

/** Step: selects the catalog that an operation asks for. */
export function chooseCatalog(
  resolved: ResolvedOperation<ServerContext>,
  { analyzer, graph }: { readonly analyzer: OperationAnalyzer; readonly graph: Graph },
): Promise<void> | undefined {
  const { contextValue, document, operation } = resolved;
  const { otherCatalog } = contextValue.options;
  if (!otherCatalog) return undefined;
  otherCatalog.check(analyzer.analyze(document, operation).requiredScopes);
  return contextValue.table?.checksOnly ? undefined : graph.openCatalog(resolved);
}

/**
 * Step: refuses an operation whose caller lacks a scope, and lists the missing scopes. A gateway without authentication
 * checks no scopes. Every gateway limits secrets: an operation may read those of one record, since no client needs a
 * list of door codes, and compare those of `maxCompared` records. Before refusing, the step removes what `@skip` and
 * `@include` omit and, with `@missingScopes`, the fields whose scopes are missing. The remaining document is checked
 * again and executed.
 */
export function authorize(
  operation: ResolvedOperation<ServerContext>,
  parts: AuthorizationParts,
): PromiseOrValue<void> {
  return mapPromiseOrValue(findRefusal(operation, parts), (refusal) =>
    refusal ? authorizeRest(operation, parts, refusal) : undefined,
  );
}

/** Removes omitted and withheld fields, and checks the rest. */
async function authorizeRest(
  operation: ResolvedOperation<ServerContext>,
  parts: AuthorizationParts,
  refusal: GraphQLError,
) {
  const { analyzer, graph, config } = parts;
  const variables = coerceVariables(graph.schema, operation.operation, operation.request.variables);
  if (!variables) throw refusal;
  const { caller } = operation.contextValue.admittedRequest;
  const withheld =
    isWithholding(operation.operation) && !config.open
      ? scopes.filter((scope) => !caller.scopes.has(scope))
      : [];
  Object.assign(operation, reduceDocument(analyzer, operation, variables, withheld));
  const remaining = await findRefusal(operation, parts);
  if (remaining) throw remaining;
}

/** Returns the error for an operation that must not run, if any. */
function findRefusal(resolved: ResolvedOperation<ServerContext>, parts: AuthorizationParts) {
  const { document, operation, request, contextValue } = resolved;
  if (operation.operation !== "mutation") return refusalOf(resolved, parts, []);
  const steps = findArgumentScopes(parts.graph, document, operation, request.variables ?? {});
  const found = contextValue.admittedRequest.meter.run("checking arguments", steps);
  return mapPromiseOrValue(found, (argumentScopes) => refusalOf(resolved, parts, argumentScopes));
}

function refusalOf(
  { document, operation, request, contextValue }: ResolvedOperation<ServerContext>,
  { analyzer, config: { open: isOpen, maxCompared } }: AuthorizationParts,
  argumentScopes: readonly GuardedComparison[],
) {
  const analysis = analyzer.analyze(document, operation);
  const { caller } = contextValue.admittedRequest;
  const variables = request.variables ?? {};
  const missing = isOpen
    ? noMissingScopes
    : findMissingScopes(analyzer, analysis, variables, argumentScopes, caller);
  if (missing.size > 0) return forbiddenError(missing, caller);
  if (
    analysis.secretRecordPaths.size > 1 ||
    [...analysis.secretRecordPaths].some((path) => path.includes("*"))
  )
    return new GraphQLError(
      "Keybox codes, lock codes and internet passwords are read for one record per operation, not for a list and not " +
        "under several aliases. Ask for the record alone, by its ref.",
      { extensions: { code: "FORBIDDEN", http: { status: 403 } } },
    );
  const comparedRecords = countRecordsWithSecrets(argumentScopes);
  return comparedRecords > maxCompared
    ? tooLargeError(
        "MAX_COMPARED",
        `compares door codes or passwords of ${comparedRecords} records with Alma's; ${maxCompared} are allowed`,
        "Send the others in another operation",
      )
    : undefined;
}

interface AuthorizationParts {
  readonly analyzer: OperationAnalyzer;
  readonly graph: Graph;
  readonly config: Config;
}

const noMissingScopes: ReadonlyMap<Scope, Set<string>> = new Map();

function findMissingScopes(
  analyzer: OperationAnalyzer,
  { requiredScopes, variables: declared }: OperationAnalysis,
  variables: Readonly<Record<string, unknown>>,
  argumentScopes: readonly GuardedComparison[],
  { scopes: callerScopes }: Caller,
): Map<Scope, Set<string>> {
  const missing = new Map(
    [...requiredScopes]
      .filter(([scope]) => !callerScopes.has(scope))
      .map(([scope, elements]) => [scope, new Set(elements)]),
  );
  const require = (scope: Scope, element: string) => {
    if (!callerScopes.has(scope)) missing.set(scope, (missing.get(scope) ?? new Set()).add(element));
  };
  for (const [name, { type, isScoped }] of declared)
    if (isScoped) visitVariableValue(analyzer.schemaScopes, variables[name], type, require);
  for (const { scope, element } of argumentScopes) require(scope, element);
  return missing;
}

/** Counts the records whose secrets the arguments compare, over all fields. */
function countRecordsWithSecrets(argumentScopes: readonly GuardedComparison[]) {
  const secrets = argumentScopes.filter(({ scope, record }) => scope === "SECRETS" && record !== undefined);
  return new Set(secrets.map(({ record }) => record)).size;
}

function forbiddenError(missing: ReadonlyMap<Scope, ReadonlySet<string>>, caller: Caller) {
  const parts = [...missing].map(([scope, elements]) => {
    const firstElements = [...elements].slice(0, 10).join(", ");
    return `${scope.toLowerCase()} (for ${firstElements}${elements.size > 10 ? ` and ${elements.size - 10} more` : ""})`;
  });
  const callerScopes = [...caller.scopes].join(", ").toLowerCase() || "none";
  return new GraphQLError(
    `This operation needs scopes that its caller does not have: ${parts.join("; ")}. The caller has: ${callerScopes}. ` +
      "Leave these elements out, by @include(if: false) for example, or ask for a key with the scopes; a query with " +
      "@missingScopes(as: NULL) returns null for these fields, and everything else.",
    { extensions: { code: "FORBIDDEN", missing: [...missing.keys()], http: { status: 403 } } },
  );
}
