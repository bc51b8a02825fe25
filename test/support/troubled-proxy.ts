import { once } from "node:events";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The behavior of a proxy between a page and its gateway: `pass` forwards everything, `silent` forwards nothing and
 * never answers, `closed` closes every connection, `full` answers 503 in HTML and `failing` in JSON that is not
 * GraphQL, and `held` buffers answers until they have 4 KiB or end.
 */
type Trouble = "pass" | "silent" | "closed" | "full" | "failing" | "held";

/** Starts a proxy to a gateway, whose behavior can be changed at any time, also for requests in progress. */
export async function startTroubledProxy(target: string) {
  let trouble: Trouble = "pass";
  const open = new Set<{
    readonly asked: IncomingMessage;
    readonly answer: ServerResponse;
    passed?: ClientRequest;
  }>();
  const paths: string[] = [];
  let upstream = target;

  const server = createServer((asked, answer) => {
    const exchange = { asked, answer, passed: undefined as ClientRequest | undefined };
    open.add(exchange);
    answer.once("close", () => {
      open.delete(exchange);
      exchange.passed?.destroy();
    });
    paths.push(`${asked.method} ${asked.url?.split("?")[0]}`);
    if (trouble === "silent") return;
    if (trouble === "closed") return void asked.destroy();
    if ((trouble === "full" || trouble === "failing") && asked.method !== "OPTIONS") {
      const [type, body] =
        trouble === "full"
          ? ["text/html", "<p>Full"]
          : ["application/json", '{"message":"Service Unavailable"}'];
      const origin = asked.headers.origin ?? "*";
      return void answer
        .writeHead(503, { "access-control-allow-origin": origin, "content-type": type })
        .end(body);
    }
    exchange.passed = send(
      new URL(asked.url ?? "/", upstream),
      { method: asked.method, headers: asked.headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        if (trouble !== "held") answer.flushHeaders();
        let held: Buffer[] = [];
        const release = () => {
          for (const chunk of held) answer.write(chunk);
          held = [];
        };
        response.on("data", (chunk: Buffer) => {
          if (trouble === "silent") return;
          held.push(chunk);
          if (trouble !== "held" || Buffer.concat(held).length >= 4_096) release();
        });
        response.once("end", () => {
          if (trouble === "silent") return;
          release();
          answer.end();
        });
        response.once("error", () => trouble !== "silent" && answer.destroy());
      },
    );
    exchange.passed.once("error", () => trouble !== "silent" && answer.destroy());
    asked.pipe(exchange.passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    /** Method and path of each request. */
    paths,
    /** The open streams. */
    streams: () =>
      [...open].filter(({ asked }) => asked.url?.startsWith("/graphql/stream") && asked.method === "POST")
        .length,
    /** Changes the behavior. Requests pending in a silent network are lost. */
    set(next: Trouble): void {
      const wasSilent = trouble === "silent";
      trouble = next;
      if (next === "closed" || (wasSilent && next !== "silent"))
        for (const { answer } of open) answer.destroy();
    },
    /** Forwards to another gateway from now on. */
    lead(to: string): void {
      upstream = to;
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type TroubledProxy = Awaited<ReturnType<typeof startTroubledProxy>>;
