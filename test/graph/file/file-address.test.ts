import type { LookupAddress } from "node:dns";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../../src/alma/file/linked-file.ts";
import { jpeg } from "../../support/file-host.ts";
import { loopback, refusal, serve, start } from "./upload-by-link.ts";

describe("an address", () => {
  test.each([
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "4000::1",
  ])("that is not public: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "::ffff:8.8.8.8",
    "2606:4700::1111",
  ])("that is public: %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://１２７.０.０.１/",
  ])("in place of a host name is checked as well: %s", async (url) => {
    const { link, host, resolved } = await start(serve(jpeg(9_000)), { linkNetwork: { networks: [] } });
    const { port } = host;
    const withPort = new URL(url);
    withPort.port = String(port);
    expect(await refusal(link(withPort.href))).toContain("non-public");
    expect(resolved).toEqual([]);
    expect(host.asked).toEqual([]);
  });

  test("of a host name must all be public", async () => {
    const found: LookupAddress[][] = [
      [loopback],
      [{ address: "8.8.8.8", family: 4 }, loopback],
      [{ address: "::ffff:127.0.0.1", family: 6 }],
      [{ address: "::1", family: 6 }],
    ];
    const resolve = async () => found.shift() ?? [];
    const { link, host } = await start(serve(jpeg(9_000)), { linkNetwork: { networks: [], resolve } });
    for (let left = found.length; left > 0; left--)
      expect(await refusal(link("/a.jpg"))).toContain("non-public");
    expect(host.asked).toEqual([]);
  });

  test("is checked when connecting: a name that resolves to a public address first and a private one next is refused", async () => {
    const answers = ["127.0.0.2", "127.0.0.1"];
    const looks: string[] = [];
    const resolve = async () => {
      const address = answers[looks.length] ?? "127.0.0.1";
      looks.push(address);
      return [{ address, family: 4 }];
    };
    const { link, host } = await start(serve(jpeg(9_000)), {
      linkNetwork: { networks: ["127.0.0.2/32"], resolve },
    });
    // The connection goes to the allowed address of the first lookup, where no server listens.
    expect(await refusal(link("/a.jpg"))).toContain("cannot be reached");
    expect(looks).toEqual(["127.0.0.2"]);
    expect(await refusal(link("/a.jpg"))).toContain("non-public");
    expect(looks).toEqual(["127.0.0.2", "127.0.0.1"]);
    expect(host.asked).toEqual([]);
  });

  test("in a network that the operator has allowed may be private", async () => {
    const { link, files } = await start(serve(jpeg(9_000)), { linkNetwork: { networks: ["127.0.0.1/32"] } });
    expect(await link("/a.jpg")).toMatchObject({ outcome: "done" });
    expect(files()).toHaveLength(1);
  });

  test("of an unknown host name is reported as a host that cannot be reached", async () => {
    const resolve = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND files.example.com"), { code: "ENOTFOUND" });
    };
    const { link } = await start(serve(jpeg(9_000)), { linkNetwork: { resolve } });
    expect(await refusal(link("/a.jpg"))).toContain("cannot be reached");
  });
});
