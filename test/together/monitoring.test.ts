import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricNames } from "../support/metrics.ts";

test.each(["deploy/prometheus/alerts.yaml", "deploy/grafana/dashboard.json"])(
  "%s asks only for metrics that a gateway has",
  (path) => {
    const asked = readFileSync(path, "utf8").match(/\b(alma_gateway|process|nodejs)_[a-z0-9_]+/g) ?? [];
    const known = new Set(metricNames().flatMap((name) => [name, `${name}_bucket`]));
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  },
);
