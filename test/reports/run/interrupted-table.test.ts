import { expect, test } from "vitest";
import { sendRaw, startGateways } from "../../server/peer/gateways.ts";

const query = "{ units(first: 5) { nodes { name number } } }";
const asked = {
  "a table": {
    path: `/graphql?${new URLSearchParams({ query })}`,
    headers: { accept: "text/csv", "apollo-require-preflight": "yes" },
  },
  "a table that is requested by POST": {
    method: "POST",
    path: "/graphql",
    headers: { accept: "application/x-ndjson", "content-type": "application/json" },
    body: JSON.stringify({ query }),
  },
  "a report": { path: "/reports/vacancies.csv" },
  "a report of which a part is enough": { path: "/reports/vacancies.csv?_partial=1" },
  "the page of a report": { path: "/reports/vacancies" },
};

test.each(Object.entries(asked))(
  "%s that a leader cannot finish because it lost leadership is answered by the next leader",
  async (_, request) => {
    const { simulator, cluster, addresses } = await startGateways(3);
    const ask = (index: number) => sendRaw(addresses[index] ?? "", { method: "GET", ...request });
    cluster.lead(1);
    const right = await ask(1);
    expect(right.status).toBe(200);
    for (const reached of [0, 2]) {
      cluster.lead(0);
      // Alma fails after the leader has begun to read and another process has taken over.
      const fault = simulator.faults.add({
        kind: "status",
        status: 500,
        when() {
          cluster.lead(1);
          fault.remove();
          return true;
        },
      });
      const { status, headers, body } = await ask(reached);
      expect(fault.hits).toBe(1);
      expect(status).toBe(200);
      const own = (line: string) => !/^(x-alma-(oldest|calls)|content-length|etag):/.test(line);
      expect(headers.filter(own)).toEqual(right.headers.filter(own));
      const stable = (text: Buffer) =>
        text.toString().replaceAll(/127.0.0.1:\d+|<dl class="facts">.*?<\/dl>/gs, "");
      expect(stable(body)).toBe(stable(right.body));
    }
  },
);

test("a table that cannot be completed is answered with the reason", async () => {
  const { simulator, cluster, addresses } = await startGateways(2, { LEADER_WAIT: "0.1" });
  simulator.faults.add({
    kind: "status",
    status: 500,
    when() {
      cluster.lead(undefined);
      return true;
    },
  });
  const { status, body } = await sendRaw(addresses[0] ?? "", {
    method: "GET",
    path: "/reports/vacancies.csv",
  });
  expect(status).toBe(503);
  expect(body.toString()).toContain("NO_LEADER");
});
