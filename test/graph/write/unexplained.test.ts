import { expect, test } from "vitest";
import { clientInput, leaseInput, start } from "../start.ts";

/** A create that Alma refuses for a record there is, and what is refused. */
const refused = [
  [`createClient(input: ${clientInput.replace("lea@", "omar@")})`, ["NOT_UNIQUE", "input.email"]],
  [`createTenantContract(input: ${leaseInput("t-9")})`, ["OVERLAP", null]],
] as const;

test.each(refused)(
  "a refusal stands although Alma cannot be asked for what is in the way: %s",
  async (mutation, expected) => {
    const { refusals, data, simulator } = await start();
    data.tenantContracts.insert({ id: 901, unit_id: 11, client_id: 251, start_date: "2020-01-01" });
    let wasSent = false;
    simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ method }) => {
        wasSent ||= method === "POST";
        return wasSent && method === "GET";
      },
    });
    expect(await refusals(mutation)).toEqual([expected]);
  },
);
