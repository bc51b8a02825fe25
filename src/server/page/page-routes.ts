import { printSchemaWithDirectives } from "@graphql-tools/utils";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { lexicographicSortSchema } from "graphql";
import type { Config } from "../../config/index.ts";
import type { Graph } from "../../graph/index.ts";
import { disabledError } from "../http/error-response.ts";
import { ofRequest } from "../http/gateway-address.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import { addAssetRoutes } from "./asset.ts";
import { html } from "./html.ts";
import type { ListedRoute } from "./navigation.ts";
import { type Page, sendPage, showProblem, wantsPage } from "./page.ts";

/** Returns whether a browser opens the address as a page. Requests with query parameters are for GraphQL. */
const isPageRequest = (request: FastifyRequest) =>
  request.method === "GET" && wantsPage(request) && Object.keys(request.query as object).length === 0;

/** The page that browsers get at `/`; programs get plain text. */
export interface StartPage extends Page {
  /** Its name in the navigation. */
  readonly page: string;
  readonly about: string;
}

/** Redirects a browser that opens `/graphql` to the start page. Needs no key, since nothing is executed. */
export const redirectToStartPage: RequestHook = (request, reply, done) => {
  if (isPageRequest(request)) void reply.redirect("/");
  else done();
};

interface PageParts {
  readonly config: Config;
  readonly graph: Graph;
  readonly knownDocuments?: { readonly isRequired: boolean };
  readonly startPage?: StartPage;
}

/**
 * Adds `/` and `/schema.graphql`, and the assets of pages. The schema needs a key if queries do:
 * `readerHooks` authenticate.
 */
export function addPageRoutes(
  app: FastifyInstance,
  parts: PageParts,
  readerHooks: readonly RequestHook[],
): void {
  const { config, graph, startPage } = parts;
  addAssetRoutes(app);
  if (config.introspection) addSchema(app, graph, readerHooks);
  else
    app.get("/schema.graphql", (_request, reply) =>
      disabledError("The schema is", "INTROSPECTION").send(reply),
    );
  const listed = startPage && { page: startPage.page, about: startPage.about };
  app.get("/", { config: listed }, (request, reply) =>
    startPage && wantsPage(request)
      ? sendPage(reply, 200, startPage)
      : reply
          .header("vary", "Accept")
          .type("text/plain; charset=utf-8")
          .send(describeGateway(parts, app.listedRoutes, ofRequest(request))),
  );
}

function addSchema(app: FastifyInstance, { schema }: Graph, readerHooks: readonly RequestHook[]) {
  let sdl: string | undefined;
  const about = "the schema with its documentation";
  const hooks = { onRequest: [...readerHooks], onSend: showProblem };
  app.get("/schema.graphql", { ...hooks, config: { page: "Schema", about } }, async (request, reply) => {
    sdl ??= printSchemaWithDirectives(lexicographicSortSchema(schema));
    if (!isPageRequest(request))
      return reply.header("vary", "Accept").type("text/plain; charset=utf-8").send(sdl);
    const body = html`<h1>Schema</h1>
<p class="lead">Everything that can be queried and changed. Programs get it as text from this address.</p>
<p class="screen"><a class="button" href="/schema.graphql?download" download="schema.graphql">Download</a></p>
<pre tabindex="0">${sdl}</pre>`;
    return sendPage(reply, 200, { title: "Schema", body });
  });
}

/** Returns the plain text of `/`. `baseUrl`: the address by which the caller reached this server. */
function describeGateway(
  { config, knownDocuments }: PageParts,
  routes: readonly ListedRoute[],
  baseUrl: string,
) {
  const isListOnly = knownDocuments?.isRequired === true;
  const width = Math.max(...routes.map(({ path }) => path.length));
  const list = (isListed: (route: ListedRoute) => boolean) =>
    routes.filter(isListed).map(({ path, about }) => `  ${baseUrl}${path.padEnd(width)}  ${about}`);
  const pages = list(({ page }) => page !== undefined);
  const document = isListOnly
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
    ...(isListOnly
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
