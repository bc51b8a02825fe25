import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay in front of a listener, which a test can interrupt. */
export interface Relay {
  /** `http://127.0.0.1:…`, to use instead of the listener's address. */
  readonly url: string;
  /** Bytes that were relayed from the listener to its clients. */
  readonly received: number;
  /** How many connections were made. */
  readonly connections: number;
  /** Closes all connections; new ones are refused. */
  cut(): Promise<void>;
  /** Closes all connections, and accepts new ones. */
  drop(): void;
  /**
   * Stops relaying from the listener, as if its process were stopped; `from` is the number of the first affected
   * connection.
   */
  stall(from?: number): void;
}

/** Starts a relay to the port of `target`, a URL. */
export async function startRelay(target: () => string): Promise<Relay> {
  const sockets = new Set<Socket>();
  let received = 0;
  let connections = 0;
  let stalledFrom = Number.POSITIVE_INFINITY;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    connections += 1;
    const number = connections;
    const isStalled = () => number >= stalledFrom;
    const upstream = connect(Number(new URL(target()).port), "127.0.0.1");
    keep(client);
    keep(upstream);
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      if (isStalled()) return;
      received += chunk.length;
      if (client.write(chunk)) return;
      upstream.pause();
      client.once("drain", () => upstream.resume());
    });
    upstream.once("close", () => isStalled() || client.destroy());
    client.once("close", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    get received() {
      return received;
    },
    get connections() {
      return connections;
    },
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      drop();
      await closed;
    },
    drop,
    stall(from = 1) {
      stalledFrom = from;
    },
  };
}
