import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { start } from "../http/small-graph.ts";

const limit = 1_000;

/** Sends the head of a POST with these lines. */
function post(url: string, path: string, lines: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${lines}\r\n`);
  return socket;
}

/** Sends a complete body before it reads: resolves with all that the connection received. */
async function sendThenRead(socket: Socket, body: string): Promise<string> {
  socket.pause();
  await new Promise<void>((resolve, reject) =>
    socket.write(body, (error) => (error ? reject(error) : resolve())),
  );
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

describe("a response that is sent before its body has arrived", () => {
  // Exceeds the sockets' buffers.
  const large = " ".repeat(16 * 2 ** 20);
  const chunked = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;

  test.each([
    ["413, with a length", 413, "/graphql", `content-length: ${large.length}\r\n`, large],
    ["413, in chunks", 413, "/graphql", "transfer-encoding: chunked\r\n", chunked],
    [
      "413, on a kept connection",
      413,
      "/graphql",
      `content-length: ${large.length}\r\nconnection: keep-alive\r\n`,
      large,
    ],
    ["415", 415, "/graphql", `content-length: ${large.length}\r\ncontent-encoding: gzip\r\n`, large],
    ["404", 404, "/elsewhere", `content-length: ${large.length}\r\n`, large],
  ])(
    "reaches a client that reads it after it has sent the body: %s",
    async (_, status, path, lines, body) => {
      const server = await start(undefined, { MAX_BODY: String(limit) });
      const socket = post(
        server.url,
        path,
        lines.includes("keep-alive") ? lines : `${lines}connection: close\r\n`,
      );
      if (lines.includes("keep-alive")) setTimeout(() => socket.end(), 0);
      const answer = await sendThenRead(socket, body);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).errors).toHaveLength(1);
      await server.close();
    },
  );

  test("is followed by the end of the connection if the body continues", async () => {
    const server = await start(undefined, { MAX_BODY: String(limit) });
    const socket = post(server.url, "/graphql", "transfer-encoding: chunked\r\n");
    const piece = " ".repeat(10_000);
    let isOpen = true;
    // The connection may end by a reset, which `once` would reject with.
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        isOpen = false;
        resolve();
      });
    });
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => {});
    const send = () => {
      if (!isOpen) return;
      socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`, () => setTimeout(send, 5));
    };
    send();
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    await server.close();
  });
});
