import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { RetryLink } from "@apollo/client/link/retry";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type KeyedGateway, startKeyedGateway } from "../../../test/client/keyed-gateway.ts";

let gateway: KeyedGateway;
beforeAll(async () => {
  gateway = await startKeyedGateway();
});
afterAll(() => gateway.close());
beforeEach(() => void gateway.asked());

/** Apollo Client configured as in its manual; `send` is its `fetch`. */
function client(send: typeof fetch = fetch, before: ApolloLink[] = []) {
  const http = new HttpLink({ uri: gateway.url, headers: { "x-api-key": gateway.key }, fetch: send });
  return new ApolloClient({ link: ApolloLink.from([...before, http]), cache: new InMemoryCache() });
}

const writes = () => gateway.asked().filter((call) => !call.startsWith("GET"));

const rename = gql`
  mutation Rename($ref: Ref!, $input: UpdateUnitInput!) {
    updateUnit(ref: $ref, input: $input) { unit { id header } userErrors { code field message } }
  }
`;
const create = gql`
  mutation Create($input: CreateClientInput!, $key: String) {
    createClient(input: $input, idempotencyKey: $key) {
      client { id firstName email }
      userErrors { code field message }
    }
  }
`;
const person = { externalId: "c-new", firstName: "Lea", lastName: "Bauer", email: "lea.bauer@example.com" };

test("the answer to a write updates other queries, without another request", async () => {
  const apollo = client();
  const list = gql`{ units(first: 2) { nodes { id header } } }`;
  await apollo.query({ query: list });
  const [unit] = gateway.simulator.data.units.all();
  gateway.asked();
  const variables = { ref: { id: `Unit:${unit?.id}` }, input: { header: "Sea view" } };
  await apollo.mutate({ mutation: rename, variables });
  expect(writes()).toEqual([`PATCH realty/units/${unit?.id}/`]);
  const shown = apollo.readQuery<{ units: { nodes: object[] } }>({ query: list });
  expect(shown?.units.nodes[0]).toMatchObject({ id: `Unit:${unit?.id}`, header: "Sea view" });
});

test("an error that the caller can correct is data, with the path of the input field", async () => {
  const [taken] = gateway.simulator.data.clients.all();
  const { data, error } = await client().mutate({
    mutation: create,
    variables: { input: { ...person, externalId: "c-same-mail", email: taken?.email } },
  });
  expect(error).toBeUndefined();
  expect(data).toMatchObject({
    createClient: { client: null, userErrors: [{ code: "NOT_UNIQUE", field: ["input", "email"] }] },
  });
});

test("a retry after a write of unknown outcome, with the same idempotency key, creates no second record", async () => {
  let lost = 0;
  const losingFirst: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (lost > 0) return response;
    lost += 1;
    throw new TypeError("network connection lost");
  };
  const apollo = client(losingFirst, [new RetryLink({ delay: { initial: 1 } })]);
  const { data } = await apollo.mutate<{ createClient: object }>({
    mutation: create,
    variables: { input: person, key: "form-7" },
  });
  expect(lost).toBe(1);
  expect(data?.createClient).toMatchObject({ client: { email: person.email }, userErrors: [] });
  expect(writes()).toEqual(["POST users/clients/"]);
  expect(gateway.simulator.data.clients.by("external_id", person.externalId)).toHaveLength(1);
});
