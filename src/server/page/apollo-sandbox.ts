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

/** A page with Apollo Sandbox for this server's `/graphql`; without internet access it links to /graphiql. */
export function renderSandboxPage(document: string): string {
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
  #sandbox, #sandbox iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
  #sandbox:empty { display: none; }
  #offline { margin: 4rem auto; max-width: 34rem; padding: 0 1rem; }
</style>
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
export function sandboxPlugin(document: string): ApolloServerPlugin {
  return {
    async serverWillStart() {
      return { renderLandingPage: async () => ({ html: renderSandboxPage(document) }) };
    },
  };
}
