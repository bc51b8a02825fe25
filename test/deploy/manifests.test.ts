import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import ts from "typescript";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Setting } from "../../src/config/setting-schema.ts";
import { settings } from "../../src/config/settings.ts";

// The type check of the manifests reads all of Kubernetes' types.
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL("../..", import.meta.url));
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image?: string;
        readonly environment?: Readonly<Record<string, string>>;
        readonly ports?: readonly string[];
      }
    >
  >;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const composeFiles = ["compose.yaml", "deploy/compose.processes.yaml"];
const composeOf = (path: string) => parse(textOf(path), { merge: true }) as Compose;
const compose = composeOf("deploy/compose.processes.yaml");
const folder = "deploy/kubernetes";
const kustomization = parse(textOf(`${folder}/kustomization.yaml`)) as {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
};
const readManifests = (): Manifest[] =>
  kustomization.resources.flatMap((name) =>
    parseAllDocuments(textOf(`${folder}/${name}`)).map((document) => document.toJS() as Manifest),
  );

/** The compiler's errors for a TypeScript text in the project's root. */
function typeErrorsOf(text: string): string[] {
  const path = join(root, "manifests-to-check.ts");
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.readFile = (name) => (name === path ? text : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(path, text, options.target ?? 9) : getSourceFile(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** A manifest as TypeScript, typed with its kind, so that unknown fields are errors. */
const asTyped = (manifest: Manifest, index: number): string => {
  const [group = "", version] = manifest.apiVersion.includes("/")
    ? manifest.apiVersion.split("/")
    : ["core", manifest.apiVersion];
  const module = `kubernetes-types/${group.replace(/\.k8s\.io$/, "")}/${version}.js`;
  return `export const manifest${index}: import("${module}").${manifest.kind} = ${JSON.stringify(manifest)};`;
};

test.each(composeFiles)("%s meets the Compose Specification", (path) => {
  const validate = new Ajv({ strict: false, formats: { duration: true, "subnet-address": true } }).compile(
    JSON.parse(
      textOf("test/deploy/compose-spec.json").replace("https://json-schema.org", "http://json-schema.org"),
    ),
  );
  expect(validate(composeOf(path)), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...compose, services: { gateway: { imag: "alma-gateway" } } })).toBe(false);
});

test("compose.yaml starts one gateway in at most ten lines, reachable from this machine only", () => {
  const lines = textOf("compose.yaml").trim().split("\n");
  expect(lines.filter((line) => !line.trimStart().startsWith("#")).length).toBeLessThanOrEqual(10);
  const { gateway, alma, ...others } = composeOf("compose.yaml").services;
  expect(others).toEqual({});
  expect(gateway?.environment?.AUTH).toBe("off");
  expect(gateway?.ports).toEqual(["127.0.0.1:4000:4000"]);
  expect(alma?.ports).toEqual([]);
});

test("the image is built from one exact version of Node, on which CI runs the tests", () => {
  const bases = [...textOf("deploy/Dockerfile").matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(new Set(bases).size).toBe(1);
  const [, version] = /^node:(\d+\.\d+\.\d+)-slim$/.exec(bases[0] ?? "") ?? [];
  expect(version).toBeDefined();
  const [, command = ""] = /^shipped=\$\((.*)\)$/m.exec(textOf(".ci/run")) ?? [];
  expect(spawnSync("sh", ["-c", command], { cwd: root, encoding: "utf8" }).stdout.trim()).toBe(version);
});

test("the Kubernetes manifests have only fields of their kinds", () => {
  const manifests = readManifests();
  expect(manifests.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "StatefulSet"]),
  );
  expect(typeErrorsOf(manifests.map(asTyped).join("\n"))).toEqual([]);
  const misspelt = JSON.stringify(manifests[0]).replace('"livenessProbe"', '"livenessprobe"');
  expect(typeErrorsOf(asTyped(JSON.parse(misspelt), 0)).join()).toContain("livenessprobe");
});

test("each Kubernetes file is applied", () => {
  const { resources, configMapGenerator } = kustomization;
  const generated = configMapGenerator.flatMap(({ files }) => files);
  expect([...resources, ...generated, "kustomization.yaml"].toSorted()).toEqual(
    readdirSync(join(root, folder)).toSorted(),
  );
});

test("each volume of the manifests exists and is mounted", () => {
  const made = new Set(kustomization.configMapGenerator.map(({ name }) => name));
  for (const name of kustomization.resources) {
    const text = textOf(`${folder}/${name}`);
    const mounts = [...text.matchAll(/\{ name: (\w+), mountPath: /g)].map(([, mount]) => mount);
    const volumes = [...text.matchAll(/^ {8}- name: (\w+)$/gm)].map(([, volume]) => volume);
    const claims = [...text.matchAll(/^ {4}- metadata: \{ name: (\w+) \}$/gm)].map(([, claim]) => claim);
    const containers = ["gateway", "postgres"];
    expect(mounts.toSorted()).toEqual(
      [...volumes.filter((volume = "") => !containers.includes(volume)), ...claims].toSorted(),
    );
    for (const [, configMap = ""] of text.matchAll(/configMap: \{ name: ([\w-]+) \}/g))
      expect(made).toContain(configMap);
  }
});

const settingNames = new Set(
  Object.values<Setting<unknown>>(settings).flatMap(({ name }) => [name, `${name}_FILE`]),
);
const isSetting = (name: string): boolean => settingNames.has(name);

test("only settings of a gateway are set", () => {
  const environments = composeFiles
    .flatMap((path) => Object.values(composeOf(path).services))
    .filter(({ image = "alma-gateway" }) => image === "alma-gateway")
    .flatMap(({ environment = {} }) => Object.keys(environment));
  expect(environments.length).toBeGreaterThan(10);
  expect(environments.filter((name) => !isSetting(name))).toEqual([]);
  const text = textOf(`${folder}/gateway.yaml`);
  const container = [...text.matchAll(/^ +- (?:\{ )?name: ([A-Z][A-Z_]+)/gm)].map(([, name = ""]) => name);
  const configMap = [...text.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name);
  expect(container.filter((name) => !isSetting(name))).toEqual(["POD_IP"]);
  expect(configMap.length).toBeGreaterThan(2);
  expect(configMap.filter((name) => !isSetting(name))).toEqual([]);
});

test("the named secrets are created, once", () => {
  const place = mkdtempSync(join(tmpdir(), "alma-gateway-secrets-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  cpSync(join(root, "deploy/make-secrets.sh"), join(place, "make-secrets.sh"));
  const make = () => expect(spawnSync(join(place, "make-secrets.sh")).status).toBe(0);
  make();
  const secretOf = (name: string) => readFileSync(join(place, "secrets", name), "utf8");
  for (const { file } of Object.values(compose.secrets ?? {}))
    expect(statSync(join(place, file)).size).toBeGreaterThan(8);
  expect(secretOf("peer-secret")).toMatch(/^[0-9a-f]{64}$/);
  expect(secretOf("peer-secret")).not.toBe(secretOf("store-key"));
  const before = secretOf("store-key");
  writeFileSync(join(place, "secrets/alma-api-key"), "one of Alma");
  make();
  expect(secretOf("store-key")).toBe(before);
  expect(secretOf("alma-api-key")).toBe("one of Alma");
  const made = [...readdirSync(join(place, "secrets")), "api-keys.json"].toSorted();
  const used = kustomization.resources.map((name) => {
    const text = textOf(`${folder}/${name}`);
    const named = [...text.matchAll(/\/run\/secrets\/\w+\/([\w.-]+)/g)].map(([, secret]) => secret);
    const mounted = [...text.matchAll(/\{ key: ([\w.-]+), path: \1 \}/g)].map(([, secret]) => secret);
    // A container has only the mounts that it names.
    expect(named.toSorted()).toEqual(mounted.toSorted());
    return mounted;
  });
  expect([...new Set(used.flat())].toSorted()).toEqual(made);
  expect(used[0]).not.toContain("postgres-password");
});
