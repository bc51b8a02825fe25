import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { caller, client } from "../fake.ts";

const body = JSON.stringify([{ id: 1, name: "Marina" }]);
const half = body.slice(0, 20);
const head = (...headers: readonly string[]) =>
  ["HTTP/1.1 200 OK", "content-type: application/json", ...headers, "", ""].join("\r\n");
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** A client of an Alma that answers every request with these bytes and then closes the connection. */
async function answering(bytes: string, close: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (sent) => sent.includes("\r\n\r\n") && socket.write(bytes, () => close(socket)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return client(`http://127.0.0.1:${port}/external_api/`, { retries: 0 });
}

const end = (socket: Socket) => void socket.end();
const reset = (socket: Socket) => void setTimeout(() => socket.resetAndDestroy(), 20);

test.each([
  ["nothing", "", end],
  ["a part of the headers", "HTTP/1.1 200 OK\r\ncontent-ty", end],
  ["headers alone", head("content-length: 37"), end],
  ["half of a body that has a length", head(`content-length: ${body.length}`) + half, end],
  ["half of a body that has a length, and a reset", head(`content-length: ${body.length}`) + half, reset],
  ["half of a body in chunks", head("transfer-encoding: chunked") + chunk(half), end],
  ["a body in chunks without its end", head("transfer-encoding: chunked") + chunk(body), reset],
  ["half of a body that ends with the connection", head("connection: close") + half, end],
  ["half of a body that ends with the connection, and a reset", head("connection: close") + half, reset],
])("an Alma that closes the connection after %s counts as unreachable", async (_, bytes, close) => {
  const alma = await answering(bytes, close);
  await expect(alma.building.list(caller)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
});

test("a body that ends with the connection is complete if it can be parsed", async () => {
  const alma = await answering(head("connection: close") + body, end);
  expect((await alma.building.list(caller)).value?.items).toHaveLength(1);
});
