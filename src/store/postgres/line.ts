import { type Connection, openConnection, type PostgresAddress } from "./connection.ts";

/** A connection that is opened when it is needed, and again after it was lost. */
export function createLine(address: PostgresAddress) {
  let opening: Promise<Connection> | undefined;
  let connection: Connection | undefined;
  let isClosed = false;
  return {
    /** The open connection. Throws StoreUnreachable if it cannot be opened; the next call tries again. */
    async open(): Promise<Connection> {
      if (connection && !connection.isClosed) return connection;
      opening ??= openConnection(address).finally(() => {
        opening = undefined;
      });
      connection = await opening;
      if (isClosed) connection.close();
      return connection;
    },
    close(): void {
      isClosed = true;
      connection?.close();
    },
  };
}

export type Line = ReturnType<typeof createLine>;
