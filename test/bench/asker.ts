import { answerParent } from "./child.ts";

/**
 * On `ask`, sends all of QUERIES concurrently to the gateway at an address. After the last answer, it reports when the
 * first one arrived, by `Date.now()`. It decodes large answers here, so that decoding delays nothing that is measured.
 */
const queries = JSON.parse(process.env.QUERIES ?? "[]") as readonly string[];

async function ask(address: string, query: string): Promise<number> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "report" },
    body: JSON.stringify({ query }),
  });
  const { errors } = (await response.json()) as { errors?: readonly { message: string }[] };
  if (errors) throw new Error(`The bench's query failed: ${errors[0]?.message}`);
  return Date.now();
}

answerParent("", {
  ask: async (address) => (await Promise.all(queries.map((query) => ask(address, query))))[0],
});
