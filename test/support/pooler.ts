import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A PostgreSQL session behind the pooler, and its current client. */
interface Session {
  readonly socket: Socket;
  client?: Client;
  /** Answers that no client waits for any more: until they have arrived, no client gets the session. */
  orphaned: number;
}

interface Client {
  readonly socket: Socket;
  /** The data that it has sent and no session has received. */
  waiting: Buffer[];
  session?: Session;
  /** The number of answers that it waits for. */
  unanswered: number;
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);

/** Calls back with each complete message; `hasType` is false for a client's first message. */
export function eachMessage(
  socket: Socket,
  hasType: boolean,
  take: (type: string, whole: Buffer) => void,
): void {
  let rest = Buffer.alloc(0);
  let typed = hasType;
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const start = typed ? 1 : 0;
      if (rest.length < start + 4) return;
      const end = start + rest.readInt32BE(start);
      if (rest.length < end) return;
      const whole = rest.subarray(0, end);
      rest = rest.subarray(end);
      take(typed ? String.fromCharCode(whole[0] ?? 0) : "", whole);
      typed = true;
    }
  });
}

/**
 * Starts a pooler in transaction mode, like PgBouncer: clients share PostgreSQL sessions and occupy one per
 * transaction. It assigns the session that has been free for the longest time.
 */
export async function startPooler(port: number, sessions: number): Promise<{ readonly port: number }> {
  const parameters = ["user", "alma", "database", "postgres", "", ""].join("\0");
  const free: Session[] = [];
  const queue: Client[] = [];
  const sockets = new Set<Socket>();
  let isClosed = false;
  const keep = (socket: Socket) => {
    sockets.add(socket.on("error", () => {}));
    return socket;
  };

  function serve(): void {
    while (queue.length > 0 && free.length > 0) {
      const client = queue.shift() as Client;
      const session = free.shift() as Session;
      client.session = session;
      session.client = client;
      for (const part of client.waiting.splice(0)) session.socket.write(part);
    }
  }

  function release(session: Session): void {
    if (session.client) session.client.session = undefined;
    session.client = undefined;
    free.push(session);
    serve();
  }

  /** Opens a session, and a new one when PostgreSQL ends it. */
  async function openSession(): Promise<void> {
    const session: Session = { socket: keep(connect(port, "127.0.0.1")), orphaned: 0 };
    const body = Buffer.concat([int(196_608), Buffer.from(parameters)]);
    session.socket.write(Buffer.concat([int(body.length + 4), body]));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    eachMessage(session.socket, true, (type, whole) => {
      const { client } = session;
      const isIdle = type === "Z" && whole[5] === "I".charCodeAt(0);
      if (!client) {
        if (isIdle) begin();
        if (type === "Z" && session.orphaned > 0 && --session.orphaned === 0) release(session);
        return;
      }
      client.socket.write(whole);
      if (type === "Z") client.unanswered--;
      if (isIdle && client.unanswered === 0) release(session);
    });
    session.socket.on("close", () => {
      if (isClosed) return;
      session.client?.socket.destroy();
      if (free.includes(session)) free.splice(free.indexOf(session), 1);
      void openSession();
    });
    await begun;
    release(session);
  }
  for (let index = 0; index < sessions; index++) await openSession();

  const server = createServer((socket) => {
    keep(socket);
    const client: Client = { socket, waiting: [], unanswered: 0 };
    eachMessage(socket, false, (type, whole) => {
      if (type === "") {
        // Every client is accepted, with a key assigned by the pooler.
        const key = Buffer.concat([int(1), int(1)]);
        socket.write(
          Buffer.concat([message("R", int(0)), message("K", key), message("Z", Buffer.from("I"))]),
        );
        return;
      }
      if (type === "X") return;
      if (type === "Q" || type === "S") client.unanswered++;
      if (client.session) return void client.session.socket.write(whole);
      client.waiting.push(whole);
      if (!queue.includes(client)) queue.push(client);
      serve();
    });
    socket.on("close", () => {
      const { session } = client;
      if (!session) return void queue.splice(queue.indexOf(client), queue.includes(client) ? 1 : 0);
      // The open transaction is rolled back.
      session.client = undefined;
      session.orphaned = client.unanswered + 1;
      session.socket.write(message("Q", Buffer.from("ROLLBACK\0")));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    isClosed = true;
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port };
}
