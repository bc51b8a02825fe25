import { printSchemaWithDirectives } from "@graphql-tools/utils";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { lexicographicSortSchema } from "graphql";
import type { Config } from "../../config/index.ts";
import { chooseEncoding } from "../http/compression.ts";
import { switchedOff } from "../http/error-response.ts";
import { isUnmodified } from "../http/private-cache.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import type { Graph } from "../scope/graph.ts";
import { addAssetRoutes, readAsset } from "./asset.ts";
import { decompress, type GraphiqlPage, graphiqlPolicy, renderGraphiqlPage } from "./graphiql.ts";
import { Html, html } from "./html.ts";
import type { ListedRoute } from "./navigation.ts";
import { renderNavigation, sendPage, showProblem, wantsPage } from "./page.ts";
import { sandbox } from "./sandbox.ts";

/** Whether a browser opens an address. With parameters, it asks for something else there. */
const isPageRequest = (request: FastifyRequest) =>
  request.method === "GET" && wantsPage(request) && Object.keys(request.query as object).length === 0;

/** Leads a browser that opens `/graphql` to the explorer. It needs no key: nothing is executed. */
export const leadToExplorer: RequestHook = (request, reply, done) => {
  if (isPageRequest(request)) void reply.redirect("/");
  else done();
};

/**
 * Adds `/`, `/graphiql`, `/schema.graphql` and `/live`, and what pages load. The schema needs a key wherever queries
 * do: `readerHooks` authenticate.
 */
export function addPageRoutes(
  app: FastifyInstance,
  config: Config,
  graph: Graph,
  readerHooks: readonly RequestHook[],
): void {
  addAssetRoutes(app);
  if (config.explorers) addGraphiql(app, config.open);
  else
    app.get("/graphiql", (_request, reply) =>
      reply.code(404).send(switchedOff("Explorers are", "INTROSPECTION")),
    );
  if (config.introspection) addSchema(app, graph, readerHooks);
  else
    app.get("/schema.graphql", (_request, reply) =>
      reply.code(404).send(switchedOff("The schema is", "INTROSPECTION")),
    );
  if (config.explorers) {
    const live = { title: "Live", body: new Html(readAsset("live.html")), script: "live.js" };
    const about = "changes and a live query, as they come";
    app.get("/live", { config: { page: "Live", about } }, (_request, reply) => sendPage(reply, 200, live));
  }
  const about = "Apollo Sandbox, loaded from the internet";
  app.get("/", { config: config.explorers ? { page: "Sandbox", about } : undefined }, (request, reply) =>
    config.explorers && wantsPage(request)
      ? sendPage(reply, 200, sandbox)
      : reply
          .header("vary", "Accept")
          .type("text/plain; charset=utf-8")
          .send(describeGateway(config, app.listedRoutes, `${request.protocol}://${request.host}`)),
  );
}

function addGraphiql(app: FastifyInstance, open: boolean): void {
  let page: Promise<GraphiqlPage> | undefined;
  const about = "GraphiQL, which works offline";
  app.get("/graphiql", { config: { page: "GraphiQL", about } }, async (request, reply) => {
    page ??= renderGraphiqlPage(renderNavigation(app.listedRoutes, "/graphiql"), open);
    const rendered = await page;
    reply.header("content-security-policy", graphiqlPolicy).header("cache-control", "private, max-age=3600");
    if (isUnmodified(request, reply, rendered.etag)) return reply.send();
    const encoding = chooseEncoding(request, reply, Number.POSITIVE_INFINITY);
    return reply
      .type("text/html; charset=utf-8")
      .send(encoding ? rendered.encoded[encoding] : await decompress(rendered));
  });
}

function addSchema(app: FastifyInstance, { schema }: Graph, readerHooks: readonly RequestHook[]): void {
  let sdl: string | undefined;
  const about = "the schema with its documentation";
  const hooks = { onRequest: [...readerHooks], onSend: showProblem };
  app.get("/schema.graphql", { ...hooks, config: { page: "Schema", about } }, async (request, reply) => {
    sdl ??= printSchemaWithDirectives(lexicographicSortSchema(schema));
    if (!isPageRequest(request))
      return reply.header("vary", "Accept").type("text/plain; charset=utf-8").send(sdl);
    const body = html`<h1>Schema</h1>
<p class="lead">What can be queried and changed. Programs fetch it as text from this address.</p>
<p class="screen"><a class="button" href="/schema.graphql?download" download="schema.graphql">Download</a></p>
<pre tabindex="0">${sdl}</pre>`;
    return sendPage(reply, 200, { title: "Schema", body });
  });
}

/** The plain text on `/`. `baseUrl` is the address by which the caller reached this server. */
function describeGateway(config: Config, routes: readonly ListedRoute[], baseUrl: string): string {
  const width = Math.max(...routes.map(({ path }) => path.length));
  const list = (isListed: (route: ListedRoute) => boolean) =>
    routes.filter(isListed).map(({ path, about }) => `  ${baseUrl}${path.padEnd(width)}  ${about}`);
  const pages = list(({ page }) => page !== undefined);
  const document =
    config.persistedDocuments === "required"
      ? '{"documentId":"sha256:…"}'
      : '{"query":"{ buildings(first: 5) { nodes { id name } } }"}';
  return [
    "Alma gateway: one GraphQL graph over the Alma External API.",
    "",
    ...(pages.length > 0 ? ["In a browser:", ...pages, ""] : []),
    "For programs:",
    ...list(({ page }) => page === undefined),
    "",
    ...(config.introspection ? [] : ["The setting INTROSPECTION switches its schema and explorers off."]),
    config.open
      ? "It is open: anyone who reaches this address may read and write everything."
      : "It needs a key: send X-Api-Key, or Authorization: Bearer with a key or a token.",
    ...(config.persistedDocuments === "required"
      ? ["It executes only the documents of its manifest: send documentId instead of query."]
      : []),
    "",
    "Try:",
    "  curl -H 'content-type: application/json' \\",
    ...(config.open ? [] : ["       -H 'x-api-key: YOUR-KEY' \\"]),
    `       -d '${document}' ${baseUrl}/graphql`,
    "",
  ].join("\n");
}
