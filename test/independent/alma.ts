import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Faults, send } from "./alma/fault.ts";
import { printed, type Quirks } from "./alma/quirk.ts";
import { type Reply, Router } from "./alma/route.ts";
import { World } from "./alma/world.ts";
import type { Body } from "./alma/write.ts";

/** A request as this Alma received it. */
export interface Asked {
  readonly method: string;
  /** After `external_api/`, as sent. */
  readonly path: string;
  /** `performance.now()` when it arrived. */
  readonly at: number;
}

/** An Alma for tests, written from Alma's document alone and independent of the simulator, over plain HTTP. */
export interface StandIn {
  readonly world: World;
  readonly faults: Faults;
  readonly url: string;
  readonly apiKey: string;
  /** Every request since the last call of `asked` or `paths`. */
  asked(): Asked[];
  /** The paths of these requests. */
  paths(): string[];
  /** The largest number of concurrent requests since the start. */
  readonly peak: number;
  /** Milliseconds before each answer; may be changed at any time. */
  latency: number;
  /** Called with the path of each request before its answer is computed. */
  onRequest: ((path: string) => void) | undefined;
  /** Stops listening and cuts every connection, as a crash does; `up` starts again at the same address. */
  down(): Promise<void>;
  up(): Promise<void>;
}

const ROOT = "/external_api/";
const refused: Reply = { status: 403, json: { detail: "Учетные данные не были предоставлены." } };

/** Starts an independent Alma on a free port. */
export async function startAlma(
  world = new World(),
  quirks: Partial<Quirks> = {},
  seed = 1,
): Promise<StandIn> {
  const router = new Router(world, { ...printed, ...quirks });
  const faults = new Faults(seed);
  const apiKey = "stand-in-key";
  let log: Asked[] = [];
  let busy = 0;
  let port = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? "";
    const path = url.startsWith(ROOT) ? url.slice(ROOT.length) : "";
    log.push({ method: request.method ?? "", path, at: performance.now() });
    standIn.peak = Math.max(standIn.peak, ++busy);
    response.once("close", () => busy--);
    standIn.onRequest?.(path);
    const fault = faults.strike(path);
    const { method = "GET" } = request;
    const body = method === "GET" ? {} : ((await json(request)) as Body);
    const reply = () => (method === "GET" ? router.get(path) : router.write(method, path, body));
    const work = () => (request.headers["api-key"] === apiKey ? reply() : refused);
    const early = quirks.readsAt === "departure" ? undefined : work();
    if (standIn.latency > 0) await new Promise((resolve) => setTimeout(resolve, standIn.latency));
    send(response, early ?? work(), fault?.as);
  };

  const make = () =>
    createServer({ keepAliveTimeout: 60_000 }, (request, response) => void answer(request, response));
  let server: Server;

  const standIn = {
    world,
    faults,
    url: "",
    apiKey,
    peak: 0,
    latency: 0,
    onRequest: undefined as ((path: string) => void) | undefined,
    asked() {
      const before = log;
      log = [];
      return before;
    },
    paths: () => standIn.asked().map(({ path }) => path),
    async down() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
    async up() {
      server = make();
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      port = (server.address() as AddressInfo).port;
      standIn.url = `http://127.0.0.1:${port}${ROOT}`;
    },
  };
  await standIn.up();
  return standIn;
}
