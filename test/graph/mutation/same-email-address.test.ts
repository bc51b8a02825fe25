import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { clientInput, start } from "../start.ts";

const lea = { id: 253, first_name: "Lea", last_name: "Bauer", external_id: null };

/** What becomes of a create of Lea whose answer is lost, with one e-mail address sent and another in Alma. */
async function lose(sent: string, shown: string) {
  const clients = [...household.clients, { ...lea, email: shown }];
  const { mutate, simulator } = await start({ data: { ...household, clients } });
  simulator.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "POST" });
  const { client, userErrors } = await mutate(
    `createClient(input: ${clientInput.replace("lea@example.com", sent)})`,
    "client { id }",
  );
  return [client, userErrors.map(({ code }) => code)];
}

test.each(["lea@example.com", "Lea@Example.COM", " lea@example.com"])(
  "a client is known by the e-mail address, in whatever case, with blanks or without: %j",
  async (sent) => {
    expect(await lose(sent, "LEA@example.com ")).toEqual([{ id: "Client:253" }, []]);
  },
);

test("but not by having none, which another of the same name may have too", async () => {
  expect(await lose("", "")).toEqual([null, ["OUTCOME_UNKNOWN"]]);
});
