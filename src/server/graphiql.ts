import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { examples } from "./example.ts";

/** What GraphiQL's page may reach: this server. Its workers are blobs, its fonts and pictures are in the page. */
export const graphiqlPolicy = [
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
  defaultTabs: examples.map(({ query }) => ({ query, headers })),
  headers,
  defaultHeaders: headers,
  shouldPersistHeaders: false,
};

/** GraphiQL's tabs can be dragged, and slip away from under the first click on them; held in place, they take it. */
const style = ".graphiql-tab { transform: none !important; }";

let packed: Promise<Buffer> | undefined;

/** The offline explorer: one page with everything in it (9 MB), gzipped once. */
export function graphiqlPage(): Promise<Buffer> {
  packed ??= promisify(gzip)(renderGraphiQL(options).replace("</style>", `${style}</style>`));
  return packed;
}
