import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { eventually, join, names, ready, startAlma } from "../share/members.ts";
import { describeWithPostgres, postgresUser, startPostgres } from "../support/postgres.ts";

const deploy = fileURLToPath(new URL("../../deploy", import.meta.url));

/** A PostgreSQL configured as in the deployments: TLS, passwords, and the users of the script. */
async function startDeployed() {
  const folder = mkdtempSync(joinPath(tmpdir(), "alma-deployed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  cpSync(joinPath(deploy, "make-secrets.sh"), joinPath(folder, "make-secrets.sh"));
  execFileSync(joinPath(folder, "make-secrets.sh"));
  const secrets = joinPath(folder, "secrets");
  const secretOf = (name: string) => readFileSync(joinPath(secrets, name), "utf8");
  const key = joinPath(folder, "key");
  cpSync(joinPath(secrets, "postgres-key"), key);
  chmodSync(key, 0o600);
  const certificate = joinPath(folder, "certificate");
  cpSync(joinPath(secrets, "postgres-certificate"), certificate);
  const access = joinPath(folder, "pg_hba.conf");
  writeFileSync(access, "host all alma 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
  for (const path of [key, certificate, access]) chownSync(path, Number(postgresUser), -1);
  const postgres = await startPostgres(
    `hba_file=${access}`,
    "ssl=on",
    `ssl_cert_file=${certificate}`,
    `ssl_key_file=${key}`,
  );
  await postgres.ask("CREATE DATABASE gateways TEMPLATE postgres", []);
  execFileSync(joinPath(deploy, "kubernetes/make-users.sh"), {
    env: {
      PATH: process.env.PATH,
      PGHOST: "127.0.0.1",
      PGPORT: String(postgres.port),
      POSTGRES_USER: "alma",
      POSTGRES_DB: "gateways",
      STORE_PASSWORD_FILE: joinPath(secrets, "store-password"),
      ANALYST_PASSWORD_FILE: joinPath(secrets, "analyst-password"),
    },
  });
  return { postgres, certificate, secretOf };
}

const isPsqlHere = spawnSync("psql", ["--version"]).error === undefined;

describeWithPostgres("PostgreSQL as deploy/ starts it", () => {
  test.runIf(isPsqlHere)(
    "connects to PostgreSQL by TLS with a password, and a reader sees only what is granted",
    async () => {
      const { postgres, certificate, secretOf } = await startDeployed();
      const { port } = postgres;
      const alma = await startAlma();
      const url = `postgres://gateway@localhost:${port}/gateways?sslmode=verify-full`;
      const env = {
        STORE_PASSWORD: secretOf("store-password"),
        STORE_CA_FILE: certificate,
        STORE_KEY: secretOf("store-key"),
      };
      const gateway = await join(alma, url, env);
      await eventually(() => ready(gateway));
      expect((await gateway.query(names)).errors).toBeUndefined();
      const { STORE_CA_FILE: _, ...distrusting } = env;
      const other = await join(alma, url, { ...distrusting, LEADER_WAIT: "0" });
      expect((await other.ready()).code).toBe(503);
      expect(other.messages()).toContain("the store does not answer: without it no process leads");
      // Half of it is the time within which the database must answer.
      const patient = { ...env, LEASE: "60" };
      await expect(join(alma, url, { ...patient, STORE_PASSWORD: "another" })).rejects.toThrow(
        /refuses this gateway: "password authentication failed/,
      );

      const ask = async (user: "gateway" | "analyst", query: string) => {
        const ssl = { ca: readFileSync(certificate, "utf8") };
        const password = secretOf(user === "gateway" ? "store-password" : "analyst-password");
        const client = new pg.Client({ host: "localhost", port, user, password, database: "gateways", ssl });
        await client.connect();
        try {
          return (await client.query(query)).rows;
        } finally {
          await client.end();
        }
      };
      await expect(ask("analyst", "SELECT * FROM entry")).rejects.toThrow(/permission denied/);
      // The views are created in parallel with the start.
      await eventually(() => ask("analyst", "SELECT 1 FROM building").then(Boolean, () => false));
      const shown = await ask("analyst", "SELECT id, name FROM building ORDER BY id");
      const buildings = alma.data.buildings.all().map(({ id, name }) => ({ id: String(id), name }));
      expect(shown).toEqual(buildings.toSorted((first, second) => Number(first.id) - Number(second.id)));
      await expect(ask("analyst", "DELETE FROM building")).rejects.toThrow(/permission denied/);
      await expect(ask("analyst", "CREATE TEMPORARY TABLE mine (id int)")).rejects.toThrow(/read-only/);
      expect(await ask("analyst", "SHOW statement_timeout")).toEqual([{ statement_timeout: "1min" }]);
      await expect(ask("gateway", "CREATE SCHEMA another")).rejects.toThrow(/permission denied/);
      await expect(ask("gateway", "CREATE ROLE another")).rejects.toThrow(/permission denied/);
    },
    180_000,
  );
});

test("the PostgreSQL addresses in deploy/ are in its certificate", () => {
  const named = /subjectAltName=(\S+)/.exec(readFileSync(joinPath(deploy, "make-secrets.sh"), "utf8"))?.[1];
  const manifests = ["gateway", "postgres"].flatMap((name) =>
    parseAllDocuments(readFileSync(joinPath(deploy, `kubernetes/${name}.yaml`), "utf8")),
  );
  const services = manifests.map((document) => document.toJS()).filter(({ kind }) => kind === "Service");
  for (const file of ["compose.processes.yaml", "kubernetes/gateway.yaml"]) {
    const [, host = ""] =
      /STORE_URL: postgres:\/\/gateway@([\w-]+)\/alma\?sslmode=verify-full$/m.exec(
        readFileSync(joinPath(deploy, file), "utf8"),
      ) ?? [];
    expect(named?.split(",")).toContain(`DNS:${host}`);
    if (file !== "compose.processes.yaml")
      expect(services.map(({ metadata }) => metadata.name)).toContain(host);
  }
});
