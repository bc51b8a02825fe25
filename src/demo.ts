import { ConfigError, loadConfig, readEnvironment } from "./config.ts";
import { createGateway, findFileErrors } from "./gateway.ts";
import { createLog, exampleQueries } from "./server/index.ts";
import { createSimulator } from "./simulator/index.ts";

const simulator = await createSimulator({ latency: 20, keepLog: 100 });
try {
  const given = { LOG_LEVEL: "warn", ...readEnvironment() };
  const env = { ...given, ALMA_URL: simulator.url, ALMA_API_KEY: simulator.apiKey };
  const config = loadConfig(env, findFileErrors);
  const gateway = await createGateway(config, createLog(config.logLevel));
  const address = await gateway.listen();
  const sampleQueries = exampleQueries
    .slice(0, 3)
    .map(({ title, query }) => `— ${title}\n\n${query}`)
    .join("\n");
  process.stdout.write(`
A simulated Alma answers on ${simulator.url} (Api-Key: ${simulator.apiKey})
The gateway answers on      ${address}/graphql

  ${address}/reports   reports: pages, charts, and addresses for spreadsheets
  ${address}/          Apollo Sandbox, to explore in the browser
  ${address}/graphiql  the same offline
  ${address}/schema.graphql

Three queries to try, in one of these or with curl:

  curl -H 'content-type: application/json' -d '{"query":"{ units { totalCount } }"}' ${address}/graphql

${sampleQueries}
Stop with Ctrl+C.
`);
  const stop = async () => {
    await gateway.close();
    await simulator.close();
    process.exit(0);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (error) {
  const isPortTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  if (!isPortTaken && !(error instanceof ConfigError)) throw error;
  const advice = isPortTaken ? "Set PORT to another port.\n" : "";
  process.stderr.write(`${(error as Error).message}\n${advice}`);
  process.exit(1);
}
