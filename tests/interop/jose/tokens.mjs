// Makes keys, signs and verifies with npm `jose`: one JSON object a line in, one a line out. It ends when its standard input does.
import { createInterface } from 'node:readline';

import * as jose from 'jose';

const operations = {
  key: async ({ alg }) => {
    if (alg.startsWith('HS')) {
      const k = jose.base64url.encode(crypto.getRandomValues(new Uint8Array(Number(alg.slice(2)) / 8)));
      return { jwk: { kty: 'oct', k } };
    }
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    return { jwk: await jose.exportJWK(privateKey), thumbprint: await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey)) };
  },
  sign: async ({ alg, jwk, claims }) => ({
    token: await new jose.SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(await jose.importJWK(jwk, alg)),
  }),
  verify: async ({ alg, jwk, token }) => {
    const { payload } = await jose.jwtVerify(token, await jose.importJWK(jwk, alg), { algorithms: [alg] });
    return { claims: payload };
  },
};

console.log('READY');
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = await operations[question.op](question).catch((error) => ({ refused: String(error) }));
  console.log(JSON.stringify(answer));
}
