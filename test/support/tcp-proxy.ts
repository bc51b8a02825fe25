import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy of TCP connections that a test can cut or slow down. */
export interface TcpProxy {
  readonly port: number;
  /** Blocks both directions until `mend`; connections stay open, and new ones get no answer. */
  cut(): void;
  mend(): void;
  /** Closes all connections; new ones reach another port. */
  redirect(target: number): void;
}

/** Starts a proxy to a port of this machine, and closes it at the end of the test. */
export async function startTcpProxy(firstTarget: number): Promise<TcpProxy> {
  let target = firstTarget;
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    const other = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
      if (isCut) from.pause();
    }
    if (isCut) {
      socket.unpipe();
      other.unpipe();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      isCut = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    mend() {
      isCut = false;
      // Data sent meanwhile is lost, as behind a firewall that drops its connections.
      for (const socket of sockets) socket.destroy();
    },
    redirect(port) {
      target = port;
      for (const socket of sockets) socket.destroy();
    },
  };
}
