import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Encoding } from "../http/compression.ts";
import { etagOf } from "../http/private-cache.ts";
import { exampleQueries } from "./example-queries.ts";

/** The page may send requests only to this server. Its workers are blobs; its fonts and images are in the page. */
export const graphiqlCsp = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'unsafe-inline'",
  "font-src data:",
  "img-src data: blob:",
  "connect-src 'self' blob: data:",
].join("; ");

const headers = '{\n  "X-Api-Key": ""\n}';

const options = {
  title: "Alma gateway: GraphiQL",
  endpoint: "/graphql",
  // It asks subscriptions by GET otherwise, which would need a header against requests of other sites.
  method: "POST" as const,
  credentials: "omit" as const,
  defaultTabs: exampleQueries.map(({ query }) => ({ query, headers })),
  headers,
  defaultHeaders: headers,
  shouldPersistHeaders: false,
};

/**
 * GraphiQL's draggable tabs shift under the first click, which is lost then: without a transform they stay. On a phone
 * the answer is below the query, and what is beside them makes room.
 */
const style = `.graphiql-tab { transform: none !important; }
@media (max-width: 700px) {
  .graphiql-container:has(> .graphiql-sidebar), div:has(> .graphiql-editors) { flex-direction: column !important; }
  .graphiql-sidebar { flex-direction: row !important; width: 100% !important; padding: 2px !important; }
  .graphiql-main { min-height: 0; }
  .graphiql-editor-tool { min-height: 120px; }
  .graphiql-editors, .graphiql-response { flex: 1 1 50% !important; min-height: 0; }
  .graphiql-horizontal-drag-bar, .graphiql-logo { display: none; }
}`;
/** GraphiQL asks everything at one address; what is answered again and again has its own. */
const script = `<script>
const send = window.fetch;
window.fetch = (url, init) => send(/"query":"(subscription\\b|[^{]*@live\\b)/.test(init?.body) ? "/graphql/stream" : url, init);
</script>`;
const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1" />';

/** GraphiQL as one page without external resources. */
interface GraphiqlPage {
  readonly etag: string;
  readonly encoded: Readonly<Record<Encoding, Buffer>>;
}

let page: Promise<GraphiqlPage> | undefined;

/** Compressed once: 9 MB become 2.4 as Brotli, in a second of another thread. */
export function renderGraphiqlPage(): Promise<GraphiqlPage> {
  page ??= renderPage();
  return page;
}

async function renderPage(): Promise<GraphiqlPage> {
  // Most processes never need it, and each would read and hold 9 MB of script from its start on.
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL(options)
    .replace("</style>", `${style}</style>`)
    .replace("<title>", `${viewport}${script}<title>`);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 8, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const [br, gzipped] = await Promise.all([
    promisify(brotliCompress)(html, { params }),
    promisify(gzip)(html),
  ]);
  return { etag: etagOf(html), encoded: { br, gzip: gzipped } };
}
