import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { eventually } from "../share/members.ts";
import { runSql } from "../store/sqlite/run-sql.ts";
import { watchedFile } from "../store/sqlite/watched-file.ts";
import { runStoreCommand } from "../support/store-command.ts";

test("a client is erased from a file that no gateway uses: its record, its changes, its keys; the others stay", async () => {
  // Without a key, remaining values would be visible.
  const { alma, data, path, start } = await watchedFile({ STORE_KEY: "off" });
  const config = loadConfig({
    ALMA_URL: alma.url,
    ALMA_API_KEY: "k",
    STORE_URL: `sqlite:${path}`,
    STORE_KEY: "off",
  });
  const erase = (...args: string[]) => runStoreCommand(args, () => config);
  const first = await start();
  await first.read();
  data.clients.change(252, { first_name: "Formerly", email: "former@example.com" });
  data.clients.change(251, { first_name: "Stays" });
  await first.read();
  await first.ask(`{ client(ref: { externalId: "c-252" }) { almaId } }`);
  await first.ask(
    'mutation { updateClient(ref: { almaId: 252 }, idempotencyKey: "k", input: { phone: "+97150" }) { userErrors { code } } }',
  );
  expect(await erase("forget-client", "252")).toMatchObject({
    code: 1,
    text: expect.stringContaining("another process is using"),
  });
  const startJob = (kind: string, input: string) =>
    first.ask(`mutation { startJob(
      document: "mutation ($ref: Ref!) { update${kind}(ref: $ref, input: { ${input} }) { ${kind.toLowerCase()} { id } } }"
      rows: [{ ref: { almaId: ${kind === "Unit" ? 1 : 252} } }]
    ) { job { id } userErrors { message } } }`);
  const about = await startJob("Client", 'lastName: \\"Jobson\\"');
  const other = await startJob("Unit", 'header: \\"Kept\\"');
  const isOver = async () =>
    (await first.ask("{ jobs { state } }")).data.jobs.every(
      ({ state }: { state: string }) => state === "OVER",
    );
  await eventually(isOver);
  await first.close();
  const names = /Formerly|former@example|Omar|omar@example|97150|Jobson/;
  expect(await readFile(path, "latin1")).toMatch(names);
  const { code, text } = await erase("forget-client", "252");
  expect(code).toBe(0);
  expect(text).toMatch(
    /^Erased of client 252: 1 record, 1 of its Bitrix ids, the values of 4 changes, 2 idempotency keys .* 1 rows of jobs, 1 of these jobs completely/,
  );
  expect(text).toContain("Erase backups of the store yourself.");
  for (const part of ["", "-wal"])
    expect(await readFile(`${path}${part}`, "latin1").catch(() => "")).not.toMatch(names);
  const changed =
    "SELECT id, field, after, is_withheld FROM record_change WHERE kind = 'client' ORDER BY id, field";
  expect(runSql(path, changed)).toEqual([
    { id: 251, field: "firstName", after: "Stays", is_withheld: 0 },
    { id: 252, field: "email", after: null, is_withheld: 1 },
    { id: 252, field: "firstName", after: null, is_withheld: 1 },
    { id: 252, field: "lastName", after: null, is_withheld: 1 },
    { id: 252, field: "phone", after: null, is_withheld: 1 },
  ]);
  expect(runSql(path, "SELECT id FROM client")).toEqual([{ id: 251 }]);
  alma.log.clear();
  const second = await start();
  expect((await second.ask("{ jobs { id } }")).data.jobs).toEqual([{ id: other.data.startJob.job.id }]);
  expect(about.data.startJob.job.id).toEqual(expect.any(String));
  const log = await second.ask(
    "{ client(ref: { almaId: 252 }) { firstName changeLog { nodes { field after isWithheld } } } }",
  );
  expect(log.data.client.firstName).toBe("Formerly");
  expect(log.data.client.changeLog.nodes).toEqual(
    ["lastName", "phone", "email", "firstName"].map((field) => ({ field, after: null, isWithheld: true })),
  );
  expect(await erase("forget-client", "9999")).toMatchObject({ code: 1 });
});

test.each(["off", "7b".repeat(32)])(
  "data that identifies a client is erased row by row; data that may be another's stays (STORE_KEY=%s)",
  async (key) => {
    const { alma, path, start } = await watchedFile({ STORE_KEY: key });
    const settings = { ALMA_URL: alma.url, ALMA_API_KEY: "k", STORE_URL: `sqlite:${path}`, STORE_KEY: key };
    const erase = (...args: string[]) =>
      runStoreCommand(["forget-client", ...args], () => loadConfig(settings));
    const first = await start();
    await first.read();
    // The record is searched for before it is created.
    expect((await first.ask('{ client(ref: { externalId: "c-new" }) { id } }')).data.client).toBeNull();
    const startJob = async (document: string, rows: readonly object[]): Promise<string> => {
      const start = `mutation ($document: String!, $rows: [JSON!]!) { startJob(document: $document, rows: $rows) { job { id } userErrors { message } } }`;
      const { job, userErrors } = (await first.query(start, { document, rows })).data.startJob;
      expect(userErrors).toEqual([]);
      return job.id;
    };
    const made = await startJob(
      "mutation ($input: CreateClientInput!) { createClient(input: $input) { userErrors { code } } }",
      [
        {
          input: {
            externalId: "c-new",
            firstName: "Zelda",
            lastName: "Quist",
            email: "zelda@example.com",
            phone: "+97155",
          },
        },
        {
          input: {
            externalId: "c-new-2",
            firstName: "Otto",
            lastName: "Anders",
            email: "otto@example.com",
            phone: "+97166",
          },
        },
      ],
    );
    const isOver = async () =>
      (await first.ask("{ jobs { state } }")).data.jobs.every(
        ({ state }: { state: string }) => state === "OVER",
      );
    await eventually(isOver);
    const { almaId } = (await first.ask('{ client(ref: { externalId: "c-new" }) { almaId } }')).data.client;
    const [other, longer] = [almaId + 1, Number(`${almaId}9`)];
    // Ids of other kinds, and ids that begin with its own.
    const others = await startJob(
      "mutation ($ref: Ref!, $name: String) { updateUnit(ref: $ref, input: { header: $name }) { unit { id } } }",
      [
        { ref: { almaId }, name: "Unit" },
        { ref: { almaId: 1 }, name: "Flat of Zelda" },
      ],
    );
    const renamed = await startJob(
      "mutation ($ref: Ref!, $name: String) { updateClient(ref: $ref, input: { lastName: $name }) { client { lastName } } }",
      [
        { ref: { id: `Client:${almaId}` }, name: "Quist-Ross" },
        { ref: { almaId: other }, name: "Stays" },
        { ref: { almaId: longer }, name: "Longer" },
        { ref: { externalId: " c-new " }, name: "Quist-Lee" },
        { ref: { externalId: "c-new-2" }, name: "Andersen" },
      ],
    );
    await first.ask(
      `mutation { updateUnit(ref: { almaId: 1 }, idempotencyKey: "${almaId}", input: { number: "7" }) { userErrors { code } } }`,
    );
    await eventually(isOver);
    await first.read();
    await first.close();
    expect(await erase(`${almaId}`.slice(0, -1))).toMatchObject({
      text: expect.stringContaining("0 rows of jobs, 0 of these jobs completely"),
    });
    const { code, text } = await erase(`${almaId}`, "--verify");
    expect(text).toContain("3 rows of jobs, 0 of these jobs completely");
    expect(text).toContain(`job ${others}, row 2`);
    expect([code, text.match(/^ {2}job /gm)?.length]).toEqual([1, 1]);
    const second = await start();
    const rowsOf = async (id: string) =>
      (await second.ask(`{ job(id: "${id}") { rows { variables state error { code } } } }`)).data.job.rows;
    expect(await rowsOf(made)).toMatchObject([
      { variables: {}, state: "DONE", error: { code: "FORGOTTEN" } },
      { variables: { input: { firstName: "Otto" } }, state: "DONE", error: null },
    ]);
    expect(
      (await rowsOf(others)).map(({ variables }: { variables: { name: string } }) => variables.name),
    ).toEqual(["Unit", "Flat of Zelda"]);
    expect(
      (await rowsOf(renamed)).map(({ variables }: { variables: { name?: string } }) => variables.name),
    ).toEqual([undefined, "Stays", "Longer", undefined, "Andersen"]);
    await second.close();
  },
);
