import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const types: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css" };

/** A web site with its own origin. It serves an empty page, or an app's files once it has some. */
export async function startSite() {
  let folder: string | undefined;
  const server = createServer((request, response) => {
    const path = folder === undefined ? "" : join(folder, request.url ?? "");
    const [, ending = ""] = /\.(\w+)$/.exec(path) ?? [];
    if (types[ending] && existsSync(path)) {
      response.setHeader("content-type", types[ending]).end(readFileSync(path));
      return;
    }
    const page = folder === undefined ? '<!doctype html><link rel="icon" href="data:,">' : undefined;
    response
      .setHeader("content-type", "text/html")
      .end(page ?? readFileSync(join(folder ?? "", "index.html")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    /** Serves an app: its files, and its page at every other path. */
    show(app: string) {
      folder = app;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
