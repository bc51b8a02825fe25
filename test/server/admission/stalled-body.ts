import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** How a body is sent, where it differs from the defaults. */
interface StalledBodyOptions {
  readonly path?: string;
  /** Further lines of the head, each with its line end. */
  readonly headers?: string;
  /** The bytes that the head announces. */
  readonly length?: number;
  /** The bytes that are sent. */
  readonly sent?: string;
  /** The address that it is sent from: any 127.x.y.z. */
  readonly from?: string;
}

/** Sends only the start of a POST. `closed` resolves with what was received until the connection closed. */
export async function stallBody(url: string, options: StalledBodyOptions = {}) {
  const { path = "/graphql", headers = "", length = 1_000, sent = '{"query":', from } = options;
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(from && { localAddress: from }) });
  onTestFinished(() => void socket.destroy());
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => {});
  const head =
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}` +
    `content-length: ${length}\r\n\r\n`;
  socket.write(head + sent);
  await once(socket, "connect");
  const closed = once(socket, "close").then(() => received);
  return { socket, closed, received: () => received };
}
