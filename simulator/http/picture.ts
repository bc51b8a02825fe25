import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import type { FastifyInstance } from "fastify";

const width = 320;
const height = 200;

/**
 * Serves a picture at each photo path, and at each scan path to callers with the key. Each path has its own colours.
 * Supports ETags and ranges.
 */
export function addPictures(server: FastifyInstance, apiKey: string): void {
  for (const url of ["/media/*", "/private-media/*"])
    server.get(url, (request, reply) => {
      if (url.startsWith("/private") && request.headers["api-key"] !== apiKey)
        return reply.code(403).send({ detail: "Authentication credentials were not provided." });
      const picture = drawPicture(request.url);
      const etag = `"${createHash("sha1").update(picture).digest("hex")}"`;
      reply.headers({ etag, "accept-ranges": "bytes" }).type("image/png");
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      const [, from = "", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
      if (from === "") return reply.send(picture);
      const end = Math.min(to === "" ? picture.length - 1 : Number(to), picture.length - 1);
      if (Number(from) > end)
        return reply.code(416).header("content-range", `bytes */${picture.length}`).send();
      return reply
        .code(206)
        .header("content-range", `bytes ${from}-${end}/${picture.length}`)
        .send(picture.subarray(Number(from), end + 1));
    });
}

/** A sunset over a wall of windows, as PNG. */
function drawPicture(path: string): Buffer {
  const [hue = 0, shift = 0, floors = 0] = createHash("sha1").update(path).digest();
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x += 1) {
      const isWall = y > 60 + (floors % 40) && x % 80 > 12;
      const isWindow = isWall && y % 28 > 14 && x % 20 > 9;
      const light = isWindow ? 235 : isWall ? 70 : 255 - y;
      row.set([light, (light * (120 + (hue % 100))) / 255, (light * (90 + (shift % 120))) / 255], 1 + x * 3);
    }
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body) >>> 0);
  return Buffer.concat([length, body, checksum]);
}
