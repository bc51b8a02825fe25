import type { ExecutableSchema } from "../../graph/index.ts";
import { type ErasedClient, eraseClient } from "../lasting/erase-client.ts";
import type { Seal } from "../sealed/seal.ts";
import { type Connection, openConnection, type PostgresAddress } from "./connection.ts";
import { run } from "./row.ts";

/** Seconds after its last renewal in which a leader may still be there. */
const SILENCE = 60;

/** Makes every process, also one that leads, take it that the database lacks what it was told last. */
export function noteRestored(address: PostgresAddress): Promise<void> {
  return connected(address, async (connection) => {
    // A row that was not written by the transaction that it names is one of a dump.
    await connection.query(
      "UPDATE main.lease SET token = '', xid = 0; UPDATE main.beat SET token = '', beat = 0",
    );
  });
}

/** Erases the values of a client. Throws an Error with a sentence if a process leads. */
export function eraseFromPostgres(
  address: PostgresAddress,
  seal: Seal,
  id: number,
  schema: ExecutableSchema["schema"],
): Promise<ErasedClient> {
  return connected(address, async (connection) => {
    const erased = await connection.transaction(async (query) => {
      const [leader] = await query(
        "SELECT 1 FROM main.beat WHERE token <> '' AND free = '' AND time > extract(epoch FROM now()) * 1000 - $1",
        [SILENCE * 1000],
      );
      if (leader)
        throw new Error(
          `The database that STORE_URL names is used by a gateway. Stop all of them, wait ${SILENCE} s if one was killed, and try again.`,
        );
      return run(query, eraseClient(seal, id, schema));
    });
    // What rows were before is still in the files until then.
    for (const table of ["entry", "reading", "change", "kept"])
      await connection.query(`VACUUM FULL main.${table}`);
    return erased;
  });
}

async function connected<T>(
  address: PostgresAddress,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(address);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
