import type { SqlSteps } from "../lasting/change-table.ts";
import type { StoreIdentity } from "../lasting/store-identity.ts";
import { formatMebibytes, inspectValues, type StoreReport } from "../lasting/stored-values.ts";
import { type PostgresAddress, type Query, withConnection } from "./connection.ts";
import { readLayout } from "./layout.ts";
import { runSteps } from "./row.ts";
import { dependantsOf, viewsWithDigest } from "./views.ts";

/** The seconds after its last renewal during which a leader may still be running. */
const SILENCE_SECONDS = 60;

/** Makes every process, including a leader, assume that the database lacks the latest data. */
export function noteRestored(address: PostgresAddress): Promise<void> {
  return withConnection(address, async (connection) => {
    // A row that was not written by the transaction it names comes from a dump.
    await connection.query(
      "UPDATE main.lease SET token = '', xid = 0; UPDATE main.beat SET token = '', beat = 0",
    );
  });
}

/**
 * Changes stored data in one transaction, and removes previous row versions from the files. Throws an Error with a full
 * sentence if a process leads.
 */
export function maintainPostgres<T>(address: PostgresAddress, steps: SqlSteps<T>): Promise<T> {
  return withConnection(address, async (connection) => {
    const result = await connection.transaction(async (query) => {
      if (await findLeader(query))
        throw new Error(
          `The database that STORE_URL names is used by a gateway. Stop all of them, wait ${SILENCE_SECONDS} s if one was killed, and try again.`,
        );
      return runSteps(query, steps);
    });
    for (const table of ["entry", "reading", "change", "intent", "kept", "about"])
      await connection.query(`VACUUM FULL main.${table}`);
    return result;
  });
}

/** Returns whether a process leads that has renewed its lease within `SILENCE_SECONDS`. */
async function findLeader(query: Query) {
  const rows = await query(
    "SELECT 1 FROM main.beat WHERE token <> '' AND free = '' AND time > extract(epoch FROM now()) * 1000 - $1",
    [SILENCE_SECONDS * 1000],
  );
  return rows.length > 0;
}

/**
 * Reports the contents of the database without changing it. Throws an Error with a full sentence if it is not a store
 * of the gateway.
 */
export function inspectPostgres(address: PostgresAddress, identity: StoreIdentity): Promise<StoreReport> {
  return withConnection(address, async (connection) => {
    const layout = await readLayout(connection, address.schema, identity);
    if (layout === "0")
      throw new Error(`The schema "${address.schema}" has no tables: no gateway has started with it.`);
    return connection.transaction(async (query) => {
      const { lines, isSound } = await runSteps(query, inspectValues(identity.seal, Date.now()));
      const [state] = await query("SELECT term, seq, xid FROM lease");
      const [size] = await query(
        "SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'",
        [`"${address.schema}"`],
      );
      const dependants: string[] = [];
      for (const { name } of viewsWithDigest().views) dependants.push(...(await dependantsOf(query, name)));
      return {
        isSound,
        lines: [
          `Owner: ${(await findLeader(query)) ? "a gateway leads, or did within the last minute" : "no gateway leads"}.`,
          `Layout: ${layout}. Size: ${formatMebibytes(size?.bytes)}.`,
          `Last commit: ${state?.seq}, in term ${state?.term}.`,
          ...lines,
          `Views of others that depend on ours: ${dependants.join(", ") || "none"}.`,
        ],
      };
    });
  });
}
