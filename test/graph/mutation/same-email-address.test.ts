import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { clientInput, start } from "../start.ts";

const lea = { id: 253, first_name: "Lea", last_name: "Bauer", external_id: null };

/** The result of a create of Lea without an answer, with one e-mail address sent and another in Alma. */
async function createWithoutAnswer(sent: string, shown: string) {
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
  "a client is recognised by the e-mail address, whatever its case and surrounding blanks: %j",
  async (sent) => {
    expect(await createWithoutAnswer(sent, "LEA@example.com ")).toEqual([{ id: "Client:253" }, []]);
  },
);
