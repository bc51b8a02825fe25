import { promisify } from "node:util";
import { brotliCompress, constants, gunzip, gzip } from "node:zlib";
import {
  type AddRoutes,
  chooseEncoding,
  disabledError,
  etagOf,
  type Html,
  isUnmodified,
  readAsset,
  renderNavigation,
} from "../../server/index.ts";
import { exampleQueries } from "./example-queries.ts";

/** The page may send requests only to this server. Its workers are blobs; its fonts and images are embedded. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'unsafe-inline'",
  "font-src data:",
  "img-src data: blob:",
  "connect-src 'self' blob: data:",
].join("; ");

/**
 * Shown if a key is needed, since GraphiQL has no other place for the hint. A brace in it would hide `@live` from the
 * script below.
 */
const keyHint = '# Add your key under Headers below, within braces: "X-Api-Key": "…"\n';

/**
 * GraphiQL's draggable tabs move under the first click, which is then lost; without a transform they don't move. On a
 * phone the answer is below the query, and side panels resize the rest.
 */
const style = `body { display: flex; flex-direction: column; }
#root { flex: 1; min-height: 0; }
.graphiql-tab { transform: none !important; }
@media (max-width: 700px) {
  .graphiql-container:has(> .graphiql-sidebar), div:has(> .graphiql-editors) { flex-direction: column !important; }
  .graphiql-sidebar { flex-direction: row !important; width: 100% !important; padding: 2px !important; }
  .graphiql-main { min-height: 0; }
  .graphiql-editor-tool { min-height: 120px; }
  .graphiql-editors, .graphiql-response { flex: 1 1 50% !important; min-height: 0; }
  .graphiql-horizontal-drag-bar, .graphiql-logo { display: none; }
}`;
/** GraphiQL sends all requests to one address, but streams have a separate one. */
const head = `<meta name="viewport" content="width=device-width, initial-scale=1" />
<script>
const send = window.fetch;
window.fetch = (url, init) => send(/"query":"[^{]*(\\bsubscription|@live)\\b/.test(init?.body) ? "/graphql/stream" : url, init);
</script>`;

/** Adds `/graphiql`. */
export const addGraphiqlRoute: AddRoutes = (app, { config: { open }, isExplorable }) => {
  if (!isExplorable) {
    app.get("/graphiql", { config: { isPublic: true } }, (_request, reply) =>
      disabledError("Explorers are", "INTROSPECTION").send(reply),
    );
    return;
  }
  let page: ReturnType<typeof renderPage> | undefined;
  const config = { isPublic: true, page: "GraphiQL", about: "GraphiQL, which works offline" };
  app.get("/graphiql", { config }, async (request, reply) => {
    page ??= renderPage(renderNavigation(app.listedRoutes, "/graphiql"), open);
    const { etag, encoded } = await page;
    reply.header("content-security-policy", policy).header("cache-control", "private, max-age=3600");
    if (isUnmodified(request, reply, etag)) return reply.send();
    const encoding = chooseEncoding(request, reply, Infinity);
    return reply
      .type("text/html; charset=utf-8")
      .send(encoding ? encoded[encoding] : await promisify(gunzip)(encoded.gzip));
  });
};

/**
 * Renders GraphiQL as one page without external resources, below the navigation; `open`: whether it needs no
 * key. Compressed once, in another thread: 9 MB become 2.4 with Brotli, in a second.
 */
async function renderPage(navigation: Html, open: boolean) {
  // Loaded on demand, since most processes never need these 9 MB of script.
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const page = renderGraphiQL({
    title: "GraphiQL – Alma gateway",
    endpoint: "/graphql",
    // By default it subscribes by GET, which would need a header that prevents requests from other sites.
    method: "POST",
    credentials: "omit",
    defaultTabs: exampleQueries.map((query) => ({ query: open ? query : keyHint + query })),
    shouldPersistHeaders: false,
  })
    .replace("</style>", () => `${readAsset("frame.css")}${style}</style>`)
    .replace("<title>", `${head}<title>`)
    .replace('<div id="root">', () => `${navigation.text}<div id="root">`);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 8, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const [br, gzipped] = await Promise.all([
    promisify(brotliCompress)(page, { params }),
    promisify(gzip)(page),
  ]);
  return { etag: etagOf(page), encoded: { br, gzip: gzipped } };
}
