import { promisify } from "node:util";
import { gzip } from "node:zlib";
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
  credentials: "omit" as const,
  defaultTabs: exampleQueries.map(({ query }) => ({ query, headers })),
  headers,
  defaultHeaders: headers,
  shouldPersistHeaders: false,
};

/** GraphiQL's draggable tabs shift under the first click, which is lost then. Without a transform they stay. */
const tabStyle = ".graphiql-tab { transform: none !important; }";

let gzippedPage: Promise<Buffer> | undefined;

/** GraphiQL as one page without external resources (9 MB), gzipped once. */
export function renderGraphiqlPage(): Promise<Buffer> {
  gzippedPage ??= renderPage();
  return gzippedPage;
}

async function renderPage(): Promise<Buffer> {
  // Most processes never need it, and each would read and hold 9 MB of script from its start on.
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  return promisify(gzip)(renderGraphiQL(options).replace("</style>", `${tabStyle}</style>`));
}
