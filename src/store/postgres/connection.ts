import pg from "pg";
import { isLoopback } from "../../config/index.ts";
import { StoreRefusesError, StoreUnreachableError } from "../lasting/lasting-store.ts";

/** How to reach PostgreSQL, and its timeout. Times in milliseconds. */
export interface PostgresAddress {
  /** STORE_URL, with `sslmode`. */
  readonly url: string;
  readonly password?: string;
  /** The certificate of the authority that signed the server's certificate, as PEM (STORE_CA_FILE). */
  readonly ca?: string;
  /** The schema that contains the tables. */
  readonly schema: string;
  /** The timeout of one statement, and of connecting. */
  readonly timeout: number;
}

/** A value of a statement. */
export type Value =
  | string
  | number
  | boolean
  | Uint8Array
  | null
  | readonly (string | number | Uint8Array | null)[];

/** Runs a statement. Resolves with the rows that it found. */
export type Query = (text: string, values?: readonly Value[]) => Promise<readonly Record<string, unknown>[]>;

/** The type of 64-bit numbers. They are read as numbers, since none exceeds 2 ** 53. */
const BIGINT = 20;
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === BIGINT ? Number : pg.types.getTypeParser(oid, format as "text"),
};

/**
 * The codes by which PostgreSQL says that it is temporarily unavailable: connections (08), deadlocks (40), limits
 * (53300), shutdowns and timeouts (57), locks (55P03), and a replica not yet promoted (25006).
 */
const TROUBLE = /^(08|40|57|53300|55P03|25006)/;

/**
 * The codes by which PostgreSQL refuses all writes: a full disk or memory (53), system errors (58, XX), a read-only
 * transaction (25).
 */
const STATE = /^(25|53|58|XX)/;

/**
 * Opens a connection. Statements are neither queued nor retried: a statement without an answer in time closes the
 * connection and rejects with StoreUnreachableError, as do all others on it. A refused statement rejects with
 * PostgreSQL's `DatabaseError`, or with StoreRefusesError if all writes are refused; it then changed nothing. Settings
 * that matter are set per transaction, since a pooler may use a different session for each.
 */
export async function openConnection(address: PostgresAddress) {
  const { schema, timeout } = address;
  const client = createClient(address);
  /** Resolves when the last statement has ended; they run one after another. */
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function inTurn<T>(work: () => Promise<T>) {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  }

  const ask: Query = async (text, values) => {
    if (isClosed) throw new StoreUnreachableError("The connection to PostgreSQL is closed.");
    const qualified = text.replace(/\bmain\./g, `"${schema}".`);
    const { rows } = await within(client.query(qualified, values && [...values]));
    return rows;
  };

  async function within<T>(promise: Promise<T>) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `PostgreSQL did not answer within ${timeout} ms.`;
      timer = setTimeout(() => reject(new StoreUnreachableError(message)), timeout);
    });
    // A pending statement is abandoned after the timeout.
    promise.catch(() => {});
    try {
      return await Promise.race([promise, late]);
    } catch (error) {
      const isRefusal = error instanceof pg.DatabaseError && !TROUBLE.test(error.code ?? "");
      if (isRefusal)
        throw STATE.test(error.code ?? "") ? new StoreRefusesError(error.message, { cause: error }) : error;
      close();
      throw error instanceof StoreUnreachableError
        ? error
        : new StoreUnreachableError((error as Error).message, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  function close() {
    if (isClosed) return;
    isClosed = true;
    void client.end().catch(() => {});
    // Rejects statements whose answer will not arrive.
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  /** Runs a statement, or several without values as one transaction. `main` stands for the schema. */
  const query: Query = (text, values) => inTurn(() => ask(text, values));

  // An error ends the connection and rejects its statements.
  client.on("error", close);
  client.on("end", close);
  try {
    await within(client.connect());
    await query(
      `SET lock_timeout = ${Math.ceil(timeout / 2)}; SET statement_timeout = ${timeout};
       SET client_min_messages = warning`,
    );
  } catch (error) {
    close();
    throw error;
  }
  return {
    get isClosed() {
      return isClosed;
    },
    /** The PostgreSQL process of the connection; behind a pooler, a number assigned by the pooler. */
    processId: (client as unknown as { readonly processID: number | null }).processID,
    query,
    /** Runs statements as one transaction in the schema. It is rolled back if `work` throws. */
    transaction: <T>(work: (query: Query) => Promise<T>): Promise<T> =>
      inTurn(async () => {
        await ask(
          `BEGIN; SET LOCAL search_path = "${schema}"; SET LOCAL idle_in_transaction_session_timeout = ${timeout};
           SET LOCAL lock_timeout = ${Math.ceil(timeout / 2)}; SET LOCAL statement_timeout = ${timeout}`,
        );
        try {
          const result = await work(ask);
          await ask("COMMIT");
          return result;
        } catch (error) {
          await ask("ROLLBACK").catch(() => {});
          throw error;
        }
      }),
    close,
  };
}

export type Connection = Awaited<ReturnType<typeof openConnection>>;

/** Opens a connection, and closes it when `work` has ended. */
export async function withConnection<T>(
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

/** Creates a connection that is opened on first use, and again after it was lost. */
export function createReconnecting(address: PostgresAddress) {
  let opening: Promise<Connection> | undefined;
  let connection: Connection | undefined;
  let isClosed = false;

  async function open(): Promise<Connection> {
    if (connection && !connection.isClosed) return connection;
    opening ??= openConnection(address).finally(() => {
      opening = undefined;
    });
    connection = await opening;
    if (isClosed) connection.close();
    return connection;
  }

  const query: Query = async (text, values) => (await open()).query(text, values);

  return {
    /** Returns the open connection. Throws StoreUnreachableError if it cannot be opened; the next call tries again. */
    open,
    /** Runs a statement on the open connection. */
    query,
    close() {
      isClosed = true;
      connection?.close();
    },
  };
}

export type ReconnectingConnection = ReturnType<typeof createReconnecting>;

function createClient({ url, password, ca, timeout }: PostgresAddress) {
  const { hostname, port, username, password: ownPassword, pathname, searchParams } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const mode = searchParams.get("sslmode") ?? (isLoopback(host) ? "disable" : "verify-full");
  return new pg.Client({
    host,
    port: Number(port || 5432),
    user: decodeURIComponent(username) || "alma",
    database: decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username) || "alma",
    password: password ?? decodeURIComponent(ownPassword),
    ssl: mode === "disable" ? false : { rejectUnauthorized: mode === "verify-full", ca },
    connectionTimeoutMillis: timeout,
    keepAlive: true,
    types,
    application_name: "alma-gateway",
  });
}
