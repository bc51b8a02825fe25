import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A web site with an origin of its own, which answers every path with an empty page. */
export async function startSite(): Promise<{ origin: string; close(): void }> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end('<!doctype html><link rel="icon" href="data:,">');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
