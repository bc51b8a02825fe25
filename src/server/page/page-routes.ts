import { readFileSync } from "node:fs";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { lexicographicSortSchema } from "graphql";
import { type Config, inPackage } from "../../config/index.ts";
import { chooseEncoding } from "../http/compression.ts";
import { switchedOff } from "../http/error-response.ts";
import { isUnmodified } from "../http/private-cache.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import type { Graph } from "../scope/graph.ts";
import { renderSandboxPage } from "./apollo-sandbox.ts";
import { exampleQueries } from "./example-queries.ts";
import { graphiqlCsp, renderGraphiqlPage } from "./graphiql.ts";

/** A page that shows changes and a live query as they come. */
const livePage = inPackage("pages/live.html");
const livePageCsp =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:";

const acceptsHtml = (accept: string | undefined) => /\btext\/html\b/.test(accept ?? "");

/** Whether a browser asks for a page. That needs no key: nothing is executed. */
export const isPageRequest = ({ method, headers, query }: FastifyRequest) =>
  method === "GET" && acceptsHtml(headers.accept) && Object.keys(query as object).length === 0;

/**
 * Adds `/`, `/graphiql` and `/schema.graphql`, which explain the graph. The schema needs a key wherever queries do.
 * `acceptsFiles`: whether there is `/files`.
 */
export function addPageRoutes(
  app: FastifyInstance,
  config: Config,
  graph: Graph,
  acceptsFiles: boolean,
  authHook: RequestHook,
): void {
  app.get("/", async (request, reply) => {
    if (config.explorers && acceptsHtml(request.headers.accept)) {
      return reply
        .type("text/html; charset=utf-8")
        .send(renderSandboxPage(exampleQueries[0].query, graph.today !== undefined));
    }
    return reply
      .type("text/plain; charset=utf-8")
      .send(describeGateway(config, graph, acceptsFiles, `${request.protocol}://${request.host}`));
  });

  if (config.explorers) {
    app.get("/live", async (_request, reply) =>
      reply
        .header("content-security-policy", livePageCsp)
        .type("text/html; charset=utf-8")
        .send(readFileSync(livePage, "utf8")),
    );
    app.get("/graphiql", async (request, reply) => {
      const { etag, encoded } = await renderGraphiqlPage();
      reply.header("content-security-policy", graphiqlCsp).header("cache-control", "private, max-age=3600");
      if (isUnmodified(request, reply, etag)) return reply.send();
      // Whoever accepts neither gets what every browser reads.
      const encoding = chooseEncoding(request, reply, Number.POSITIVE_INFINITY) ?? "gzip";
      return reply
        .header("content-encoding", encoding)
        .type("text/html; charset=utf-8")
        .send(encoded[encoding]);
    });
  } else {
    app.get("/graphiql", (_request, reply) =>
      reply.code(404).send(switchedOff("Explorers are", "INTROSPECTION")),
    );
  }

  if (config.introspection) {
    let sdl: string | undefined;
    app.get("/schema.graphql", { onRequest: [authHook] }, async (_request, reply) => {
      sdl ??= printSchemaWithDirectives(lexicographicSortSchema(graph.schema));
      return reply.type("text/plain; charset=utf-8").send(sdl);
    });
  } else {
    app.get("/schema.graphql", (_request, reply) =>
      reply.code(404).send(switchedOff("The schema is", "INTROSPECTION")),
    );
  }
}

/** The plain text on `/`. `baseUrl` is the address by which the caller reached this server. */
function describeGateway(config: Config, graph: Graph, acceptsFiles: boolean, baseUrl: string): string {
  const lines = [
    "Alma gateway: one GraphQL graph over the Alma External API.",
    "",
    "  /graphql          GraphQL, by POST or GET",
    "  /graphql/stream   subscriptions and live queries, as server-sent events",
    "  /changes          what is seen to change in Alma, as it comes",
    ...(graph.today ? ["  /reports          reports, in a browser, and as files for spreadsheets"] : []),
    ...(acceptsFiles ? ["  /files            files for photos and scans, by POST in a multipart form"] : []),
    ...(graph.mapping ? ["  /bitrix/sync      Bitrix items for Alma, by POST as JSON"] : []),
    ...(config.explorers
      ? [
          "  /                 Apollo Sandbox, in a browser",
          "  /graphiql         GraphiQL, works offline",
          "  /live             changes and a live query, as they come",
        ]
      : []),
    ...(config.introspection ? ["  /schema.graphql   the schema, with its documentation"] : []),
    "  /health/live      whether the process runs",
    "  /health/ready     whether it is ready, and how far the catalog is filled",
    ...(config.metrics === "off" ? [] : ["  /metrics          metrics for Prometheus"]),
    "",
    ...(config.introspection
      ? []
      : ["Its schema and explorers are switched off by the setting INTROSPECTION."]),
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
    config.persistedDocuments === "required"
      ? `       -d '{"documentId":"sha256:…"}' ${baseUrl}/graphql`
      : `       -d '{"query":"{ buildings(first: 5) { nodes { id name } } }"}' ${baseUrl}/graphql`,
    "",
  ];
  return lines.join("\n");
}
