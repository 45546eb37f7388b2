// A service that gets a token with npm `openid-client` and calls an API with it: one JSON object a line in, one a line out. It ends when its standard input does.
import { createInterface } from 'node:readline';

import * as client from 'openid-client';

const call = async ({ issuer, client_id, secret, scope, resource, bound, calls }) => {
  const config = await client.discovery(new URL(issuer), client_id, undefined, client.ClientSecretPost(secret), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  });
  const DPoP = bound ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined;
  const tokens = await client.clientCredentialsGrant(config, { scope, resource }, { DPoP });
  const answers = [];
  for (const { method, url, token } of calls) {
    // A refusal is thrown, with what the API says is wanted.
    const answer = await client
      .fetchProtectedResource(config, token ?? tokens.access_token, new URL(url), method, undefined, undefined, { DPoP })
      .then(async (response) => ({ status: response.status, body: await response.text() }))
      .catch((error) => ({ status: error.status, challenges: error.cause, code: error.code }));
    answers.push(answer);
  }
  return { token_type: tokens.token_type, answers };
};

console.log('READY');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line)).catch((error) => ({ failed: String(error) }))));
}
