import { Connection, type PostgresAddress } from "./connection.ts";

/** A connection that is opened when it is needed, and again after it was lost. */
export class Line {
  readonly #address: PostgresAddress;
  readonly #isWaiting: boolean;
  #opening: Promise<Connection> | undefined;
  #connection: Connection | undefined;
  #isClosed = false;

  /** `isWaiting`: as of `Connection.open`. */
  constructor(address: PostgresAddress, isWaiting = true) {
    this.#address = address;
    this.#isWaiting = isWaiting;
  }

  /** The open connection. Throws StoreUnreachable if it cannot be opened; the next call tries again. */
  async open(): Promise<Connection> {
    if (this.#connection && !this.#connection.isClosed) return this.#connection;
    this.#opening ??= Connection.open(this.#address, this.#isWaiting).finally(() => {
      this.#opening = undefined;
    });
    const connection = await this.#opening;
    this.#connection = connection;
    if (this.#isClosed) connection.close();
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }
}
