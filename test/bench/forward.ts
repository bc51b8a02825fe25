import { createServer } from "node:http";
import { Agent, request } from "undici";
import { answerParent } from "./child.ts";

/** A hand-written screen: `/UNIT` reads one unit from the Alma at ALMA_URL and returns what a screen shows. */
const dispatcher = new Agent();

interface Unit {
  readonly name: string;
  readonly number: string;
  readonly building: { readonly name: string } | null;
}

const server = createServer(async ({ url }, response) => {
  const { body } = await request(`${process.env.ALMA_URL}realty/units${url}/`, {
    dispatcher,
    headers: { "api-key": "bench" },
  });
  const { name, number, building } = (await body.json()) as Unit;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ data: { unit: { name, number, building: building && { name: building.name } } } }),
  );
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  answerParent(`http://127.0.0.1:${port}/`);
});
