import { AlmaError } from "../alma/index.ts";
import type { Entry, Known } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { Search } from "./contract-search.ts";
import { explanation } from "./explanation.ts";
import type { Handle } from "./handle.ts";
import type { Write } from "./writing.ts";

/** Days, `YYYY-MM-DD`, both included; null is open. */
export interface Period {
  readonly start: string | null;
  readonly end: string | null;
}

/** For what contracts may be in the way, and as of when. */
interface Asked {
  /** The days of a contract; without them it is a block. */
  readonly period?: Period;
  /** The contract that is itself being changed. */
  readonly except?: number;
  /** None is in the way only if the list of contracts, read after this time by the clock, has none. */
  readonly since: number;
}

/**
 * The contracts for which Alma refuses a contract on these days, or a block if no days are given: as a message names
 * them. Once Alma has refused, somebody else may have made one just now; a dry run may rest on a young list. Undefined
 * if there are none, or if they cannot be found out.
 */
export async function inTheWay(
  write: Write,
  object: Entry,
  period?: Period,
  except?: number,
): Promise<string | undefined> {
  const context = write.context.aside({});
  const { named, start } = context.work;
  const patience = setTimeout(() => {
    context.work.stop(new AlmaError("DEADLINE_EXCEEDED", "The contracts in the way were not found in time."));
  }, write.writing.patience);
  const found = await explanation(() =>
    contractsInTheWay(context, object, {
      since: write.dryRun ? named : start,
      ...(period && { period }),
      ...(except !== undefined && { except }),
    }),
  ).finally(() => clearTimeout(patience));
  return found && found.length > 0 ? nameContracts(found) : undefined;
}

/** A rental object of which only the id matters. */
export function objectOf({ context: { catalog } }: Write, id: number): Entry {
  return catalog.store.rentalObject(id) ?? catalog.store.entry("room", id);
}

/**
 * The tenant contracts for which Alma refuses a write on a rental object: without a period, those active or planned on
 * it and on a unit's rooms (a refusal to block); with one, those on the object itself that have a day in common with
 * it (a refusal to make a contract). Throws AlmaError.
 */
export async function contractsInTheWay(
  context: GraphContext,
  object: Entry,
  { since, period, except }: Asked,
): Promise<Handle<"tenantContract">[]> {
  const { catalog, work } = context;
  const look = () => (period ? overlapping(context, object, period, except) : occupying(context, object));
  let found = await look();
  if (found.length === 0) {
    await catalog.readList(work, "tenantContract", since);
    found = await look();
  }
  return found.map((entry) => context.handle<"tenantContract">(entry, work.reached));
}

async function occupying(context: GraphContext, object: Entry): Promise<readonly Entry[]> {
  const search = new Search(context);
  return search.live(["tenantContract"], (await search.withRooms(object)).ids);
}

async function overlapping(
  context: GraphContext,
  { id }: Entry,
  { start, end }: Period,
  except: number | undefined,
): Promise<readonly Entry[]> {
  const contracts = await new Search(context).under("tenantContract", "rentalObject", [id]);
  return contracts.filter((entry) => {
    const { startDate, endDate, unitUsage } = entry.value as Known<"tenantContract">;
    if (entry.id === except || unitUsage?.isArchived === true) return false;
    return (
      (end === null || startDate == null || startDate <= end) &&
      (start === null || endDate == null || endDate >= start)
    );
  });
}

/** Contracts as a message names them: `TenantContract:969 (2025-08-21 to 2026-08-20)`. */
export function nameContracts(contracts: readonly Handle<"tenantContract">[]): string {
  const names = contracts.slice(0, 5).map(({ entry, value: { startDate, endDate } }) => {
    const from = startDate ?? "always";
    return `${entry.key} (${from} to ${endDate ?? "no end"})`;
  });
  const more = contracts.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
