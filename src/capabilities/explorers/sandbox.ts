import { Html, html, type StartPage } from "../../server/index.ts";
import { exampleQueries } from "./example-queries.ts";

const cdn = "https://embeddable-sandbox.cdn.apollographql.com";

const options = {
  target: "#sandbox",
  initialState: { document: exampleQueries[0], includeCookies: false, pollForSchemaUpdates: false },
  hideCookieToggle: true,
  endpointIsEditable: false,
  runTelemetry: false,
};

/** Apollo Sandbox for `/graphql`. It is loaded from the internet; without access, the page shows other links. */
export const sandbox: StartPage = {
  title: "Sandbox",
  page: "Sandbox",
  about: "Apollo Sandbox, loaded from the internet",
  // It may load scripts from Apollo and send requests only to this server.
  policy: [
    "default-src 'none'",
    `script-src 'unsafe-inline' ${cdn}`,
    "style-src 'self' 'unsafe-inline'",
    "frame-src https://sandbox.embed.apollographql.com",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  body: html`<div id="offline">
<h1>Sandbox</h1>
<p>Apollo Sandbox is loaded from the internet. If it does not appear here, use <a href="/graphiql">GraphiQL</a>, which
works offline.</p>
</div>
<div id="sandbox"></div>
<script src="${cdn}/v2/embeddable-sandbox.umd.production.min.js"></script>
<script>
if (window.EmbeddedSandbox) {
  const initialEndpoint = new URL("/graphql", location.href).href;
  new window.EmbeddedSandbox({ ...${new Html(JSON.stringify(options).replaceAll("<", "\\u003c"))}, initialEndpoint });
}
</script>`,
};
