import { GraphQLError } from "graphql";
import type { Catalog } from "../../../catalog/index.ts";
import type { Calendar } from "../../../config/index.ts";
import { badInput, type FindOtherCatalog } from "../../../graph/index.ts";
import { createPastCatalogs, type PastCatalogs } from "../past/past-catalogs.ts";
import { readAsOf, timeOf } from "./asked-time.ts";

/** Finds what an operation asks for by `@asOf`, or by the day of a report: a catalog of the past. */
export function findPast(calendar: Calendar): FindOtherCatalog {
  // Where several processes share a store, a process gets another catalog with each term.
  const pastsOf = new WeakMap<Catalog, PastCatalogs>();
  return ({ schema, operation, variables, rows, isStreamed }) => {
    const asOf =
      rows?.asOf === undefined
        ? readAsOf(schema, operation, variables, calendar)
        : timeOf({ day: rows.asOf }, calendar);
    if (asOf === undefined) return undefined;
    if (isStreamed)
      throw badInput("@asOf", "it is about the past, and @live about now. Leave one of them out.");
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

/** Secrets of the past are remembered for nobody. */
function refuseSecrets(requiredScopes: ReadonlyMap<string, ReadonlySet<string>>): void {
  const secrets = requiredScopes.get("SECRETS");
  if (secrets)
    throw new GraphQLError(
      `What ${[...secrets].slice(0, 10).join(", ")} were is not remembered. Leave these out, or ask without @asOf.`,
      { extensions: { code: "NOT_KNOWN_THEN" } },
    );
}
