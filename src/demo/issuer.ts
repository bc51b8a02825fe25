import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const issuer = "demo";
/** The scopes of each person who can sign in. */
const people: Readonly<Record<string, string>> = { ann: "read personal audit write", ben: "read" };

/** Starts a substitute for an identity provider, whose tokens last this many seconds. */
export async function startIssuer(seconds: number) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
  const signToken = (person: string, scope: string) =>
    new SignJWT({ scope })
      .setProtectedHeader({ alg: "ES256" })
      .setSubject(person)
      .setIssuer(issuer)
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime(`${seconds} s`)
      .sign(privateKey);

  async function answer(params: URLSearchParams): Promise<[number, object]> {
    // The refresh token is the person's name, since nothing here is secret.
    const person = params.get("refresh_token") ?? params.get("username") ?? "";
    const scope = people[person];
    if (scope === undefined) return [400, { error: "invalid_grant" }];
    const token = await signToken(person, scope);
    return [200, { access_token: token, expires_in: seconds, refresh_token: person, token_type: "Bearer" }];
  }

  const server = createServer(async (request, response) => {
    response.setHeader("access-control-allow-origin", "*").setHeader("content-type", "application/json");
    if (request.url === "/keys") return void response.end(keys);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [status, body] = await answer(new URLSearchParams(Buffer.concat(chunks).toString()));
    response.writeHead(status).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** The URL where a form requests a person's token. */
    tokenUrl: `${url}/token`,
    env: { JWT_JWKS_URL: `${url}/keys`, JWT_ISSUER: issuer, JWT_AUDIENCE: issuer },
    close: () => void server.close(),
  };
}
