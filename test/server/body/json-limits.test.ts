import { expect, onTestFinished, test } from "vitest";
import { start } from "../http/small-graph.ts";

/** Sends a body to a gateway that accepts 3,200 bytes, and so 100 values. */
async function send(body: string) {
  const server = await start(undefined, { MAX_BODY: "3200" });
  onTestFinished(() => server.close());
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body });
  return { status: response.status, body: await response.json() };
}

const list = (count: number, value: string) => `[${Array(count).fill(value).join(",")}]`;
const withVariables = (variables: string) => `{"query":"{ hello }","variables":{"x":${variables}}}`;

test.each([
  ["numbers", list(97, "1")],
  ["objects", list(101, "{}")],
  ["nested lists", "[".repeat(150) + "]".repeat(150)],
  ["names", `{${Array.from({ length: 120 }, (_, n) => `"k${n}":0`).join(",")}}`],
  ["texts with quotes", list(120, '"\\""')],
])("a body with too many %s is refused before it is parsed", async (_, variables) => {
  expect(await send(withVariables(variables))).toEqual({
    status: 413,
    body: {
      errors: [
        {
          message: expect.stringMatching(/^The body has more than 100 values .* it was not read\./),
          extensions: { code: "PAYLOAD_TOO_LARGE" },
        },
      ],
    },
  });
});

test.each([
  ["as many values as are allowed", list(96, "1")],
  ["a text of commas and brackets", `"${",[{".repeat(300)}"`],
  ["a text of quotes and backslashes", `"${'\\",[{\\\\'.repeat(200)}"`],
])("a body with %s is read", async (_, variables) => {
  expect(await send(withVariables(variables))).toEqual({
    status: 200,
    body: { data: { hello: "Hello, world" } },
  });
});

test("a body that is not JSON is refused as such", async () => {
  expect((await send('{"query":')).status).toBe(400);
});

test.each([
  "1e400",
  "-1e400",
  "1E+999",
  `[{"a":${"9".repeat(400)}}]`,
  `${"9".repeat(250)}e60`,
  `${"9".repeat(210)}.5E+99`,
  `${"1".repeat(302)}e8`,
])("the number %s, which would be printed as null, is refused", async (number) => {
  const server = await start(undefined, { MAX_BODY: "3200" });
  onTestFinished(() => server.close());
  const accept = "application/graphql-response+json";
  const headers = { "content-type": "application/json", accept };
  const body = withVariables(number);
  const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});

test("other numbers, and texts that look like such, are read", async () => {
  for (const variables of ["1e308", "-1.7976931348623157e308", "1e-400", '"1e400"', `"${"9".repeat(400)}"`])
    expect(await send(withVariables(variables))).toMatchObject({ status: 200 });
});
