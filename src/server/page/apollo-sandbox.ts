import type { ApolloServerPlugin } from "@apollo/server";

const cdn = "https://embeddable-sandbox.cdn.apollographql.com";

/** The page may load scripts from Apollo and send requests only to this server. */
const sandboxCsp = [
  "default-src 'none'",
  `script-src 'unsafe-inline' ${cdn}`,
  "style-src 'unsafe-inline'",
  "frame-src https://sandbox.embed.apollographql.com",
  "connect-src 'self'",
  "img-src data:",
].join("; ");

/**
 * A page with Apollo Sandbox for this server's `/graphql`; without internet access it links to /graphiql. `hasReports`:
 * whether there is `/reports`.
 */
export function renderSandboxPage(document: string, hasReports: boolean): string {
  const initialState = JSON.stringify({ document, includeCookies: false, pollForSchemaUpdates: false });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${sandboxCsp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Alma gateway: Apollo Sandbox</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
  nav { display: flex; gap: 1.25rem; align-items: center; height: 2.25rem; padding: 0 1rem; font-size: 14px; }
  #sandbox { position: absolute; inset: 2.25rem 0 0; }
  #sandbox iframe { width: 100%; height: 100%; border: 0; }
  #sandbox:empty { display: none; }
  #offline { margin: 4rem auto; max-width: 34rem; padding: 0 1rem; }
</style>
<nav aria-label="Gateway">${hasReports ? '<a href="/reports">Reports</a> ' : ""}<a href="/graphiql">GraphiQL</a>
<a href="/schema.graphql">Schema</a></nav>
<div id="offline">
  <h1>Alma gateway</h1>
  <p>Apollo Sandbox is loaded from the internet. If it does not appear here, use
  <a href="/graphiql">GraphiQL</a>, which works offline. GraphQL itself is at <code>/graphql</code>, the schema at
  <a href="/schema.graphql">/schema.graphql</a>.</p>
</div>
<div id="sandbox"></div>
<script src="${cdn}/v2/embeddable-sandbox.umd.production.min.js"></script>
<script>
  if (window.EmbeddedSandbox) {
    new window.EmbeddedSandbox({
      target: "#sandbox",
      initialEndpoint: new URL("/graphql", location.href).href,
      initialState: ${initialState.replaceAll("<", "\\u003c")},
      hideCookieToggle: true,
      endpointIsEditable: false,
      runTelemetry: false,
    });
  }
</script>
</html>
`;
}

/** Serves the page to browsers that open `/graphql`. */
export function sandboxPlugin(document: string, hasReports: boolean): ApolloServerPlugin {
  return {
    async serverWillStart() {
      return { renderLandingPage: async () => ({ html: renderSandboxPage(document, hasReports) }) };
    },
  };
}
