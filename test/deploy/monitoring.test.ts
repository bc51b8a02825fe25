import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { keyEnv } from "../server/access/scoped-graph.ts";
import { startGateway } from "../support/gateway.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

const isPromtoolHere = spawnSync("promtool", ["--version"]).error === undefined;
if (!isPromtoolHere)
  process.stderr.write("No tests of the alarms by Prometheus: promtool is not on the PATH.\n");

test.runIf(isPromtoolHere)("the alarms fire when they should, according to Prometheus' own tool", () => {
  const { stdout, stderr, status } = spawnSync("promtool", ["test", "rules", "alerts.test.yaml"], {
    cwd: join(root, "deploy/prometheus"),
    encoding: "utf8",
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  const alarms = [...textOf("deploy/prometheus/alerts.yaml").matchAll(/- alert: (\w+)/g)];
  const tested = textOf("deploy/prometheus/alerts.test.yaml");
  for (const [, name] of alarms) expect(tested).toContain(`alertname: ${name}`);
});

test.runIf(isPromtoolHere)("Prometheus accepts the configuration", () => {
  const { stdout, stderr, status } = spawnSync("promtool", ["check", "config", "prometheus.yaml"], {
    cwd: join(root, "deploy/prometheus"),
    encoding: "utf8",
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
});

/** METRICS as the deployment's file sets it. */
const metricsIn: Readonly<Record<string, () => string | undefined>> = {
  "deploy/compose.processes.yaml": () =>
    parse(textOf("deploy/compose.processes.yaml"), { merge: true }).services["gateway-1"].environment.METRICS,
  "deploy/kubernetes/gateway.yaml": () =>
    parseAllDocuments(textOf("deploy/kubernetes/gateway.yaml"))
      .map((document) => document.toJS())
      .find(({ kind }) => kind === "ConfigMap")?.data.METRICS,
};

test.each(Object.keys(metricsIn))(
  "Prometheus can scrape a gateway of %s whose callers have keys",
  async (file) => {
    const metrics = metricsIn[file]?.();
    const gateway = await startGateway({ size: 1 }, { ...keyEnv, ...(metrics && { METRICS: metrics }) });
    onTestFinished(() => gateway.close());
    expect((await fetch(`${gateway.address}/graphql?query={__typename}`)).status).toBe(401);
    const response = await fetch(`${gateway.address}/metrics`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("alma_gateway_catalog_warm");
  },
);

test("each alarm has a runbook entry that names its metrics, and there are no others", () => {
  const { groups } = parse(textOf("deploy/prometheus/alerts.yaml")) as {
    readonly groups: readonly {
      readonly rules: readonly { readonly alert: string; readonly expr: string }[];
    }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const [, runbook = ""] = /\n## Runbook\n(.*?)\n##/s.exec(textOf("docs/monitoring.md")) ?? [];
  const entries = new Map(
    runbook
      .split("\n- **")
      .slice(1)
      .map((entry) => entry.split("** (", 2) as [string, string]),
  );
  expect([...entries.keys()].toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  for (const { alert, expr } of rules) {
    const text = entries.get(alert) ?? "";
    for (const metric of expr.match(/\balma_gateway_\w+|\bup\b/g) ?? [])
      expect(text).toContain(`\`${metric}\``);
    // Its meaning, what to check, and what to do.
    expect(text.match(/[.:]\s/g)?.length, alert).toBeGreaterThan(1);
  }
});

test("the panels of the dashboard have different ids and places, and each has a query", () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels } = JSON.parse(textOf("deploy/grafana/dashboard.json")) as {
    readonly panels: readonly Panel[];
  };
  const squares = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  );
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(squares).size).toBe(squares.length);
  for (const { type, targets = [] } of panels) if (type !== "row") expect(targets.length).toBeGreaterThan(0);
});
