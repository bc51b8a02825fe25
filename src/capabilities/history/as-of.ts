import { GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import type { Catalog } from "../../catalog/index.ts";
import type { Calendar } from "../../config/index.ts";
import { badInput, type FindOtherCatalog, readDirective } from "../../graph/index.ts";
import { createPastCatalogs, type PastCatalogs } from "./past-catalogs.ts";

/** Directives that apply only to current data. */
const ofNow = ["freshness", "explain", "live"];

/**
 * Returns the wall-clock time of `@asOf`. Undefined without the directive and for invalid variables, which execution
 * refuses. Throws BAD_USER_INPUT.
 */
function readAsOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
  calendar: Calendar,
) {
  const values = readDirective(schema, operation, variables, "asOf");
  if (!values) return undefined;
  const other = operation.directives?.find(({ name }) => ofNow.includes(name.value));
  if (other)
    throw badAsOf(`it is about the past, and @${other.name.value} about now. Leave one of them out.`);
  return timeOf(values, calendar);
}

/** Returns the time of one of these arguments. Throws BAD_USER_INPUT. */
function timeOf(
  { time, day }: { readonly time?: string | null; readonly day?: string | null },
  calendar: Calendar,
) {
  if ((time == null) === (day == null)) throw badAsOf("give either time or day.");
  const asked = time == null ? calendar.endOf(day as string) : Date.parse(time);
  const now = Date.now();
  if (calendar.dayOf(asked) > calendar.dayOf(now))
    throw badAsOf(`${calendar.dayOf(asked)} is still to come.`);
  // The rest of today is in the future, so show the current data.
  return Math.min(asked, now);
}

const badAsOf = (message: string) => badInput("@asOf", message);

/** Finds the past catalog that an operation requests by `@asOf`, or by the day of a report. */
export function findPast(calendar: Calendar): FindOtherCatalog {
  // With a shared store, a process gets another catalog with each term.
  const pastsOf = new WeakMap<Catalog, PastCatalogs>();
  return ({ schema, operation, variables, rows }) => {
    const asOf =
      rows?.asOf === undefined
        ? readAsOf(schema, operation, variables, calendar)
        : timeOf({ day: rows.asOf }, calendar);
    if (asOf === undefined) return undefined;
    return {
      day: calendar.dayOf(asOf),
      extension: { knownAsOf: new Date(asOf).toISOString() },
      check: refuseSecrets,
      async open(present) {
        const pasts = pastsOf.get(present) ?? createPastCatalogs(present);
        pastsOf.set(present, pasts);
        const { catalog, release } = await pasts.at(asOf);
        const warnings = catalog.warnings.map((message) => ({ message, argument: "@asOf" }));
        return { catalog, warnings, release };
      },
    };
  };
}

/** Refuses scopes of secrets, since past secrets are not stored. */
function refuseSecrets(requiredScopes: ReadonlyMap<string, ReadonlySet<string>>) {
  const secrets = requiredScopes.get("SECRETS");
  if (secrets)
    throw new GraphQLError(
      `Past values of ${[...secrets].slice(0, 10).join(", ")} are not stored. Leave these out, or ask without @asOf.`,
      { extensions: { code: "NOT_KNOWN_THEN" } },
    );
}
