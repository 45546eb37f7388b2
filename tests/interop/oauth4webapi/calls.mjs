// A service that gets a token with npm `oauth4webapi` and calls an API with it: one JSON object a line in, one a line out. It ends when its standard input does.
import { createInterface } from 'node:readline';

import * as oauth from 'oauth4webapi';

const loopback = { [oauth.allowInsecureRequests]: true };

// Repeats what was refused for want of a nonce, once: the handle has kept the nonce that came with the refusal.
const withNonce = async (request, DPoP) => {
  let tries = 1;
  const answer = await request({ ...loopback, DPoP }).catch((error) => {
    if (!DPoP || !oauth.isDPoPNonceError(error)) throw error;
    tries += 1;
    return request({ ...loopback, DPoP });
  });
  return { answer, tries };
};

const call = async ({ issuer, client_id, secret, scope, resource, bound, calls }) => {
  const client = { client_id };
  const url = new URL(issuer);
  const discovered = await oauth.discoveryRequest(url, { ...loopback, algorithm: 'oauth2' });
  const server = await oauth.processDiscoveryResponse(url, discovered);
  const DPoP = bound ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
  const authentication = oauth.ClientSecretPost(secret);
  const granted = await withNonce(async (options) => {
    const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, { scope, resource }, options);
    return oauth.processClientCredentialsResponse(server, client, response);
  }, DPoP);
  const tokens = granted.answer;
  const answers = [];
  for (const { method, url, token } of calls) {
    // A refusal is thrown, with what the API says is wanted.
    const answer = await withNonce(
      (options) => oauth.protectedResourceRequest(token ?? tokens.access_token, method, new URL(url), undefined, undefined, options),
      DPoP,
    )
      .then(async ({ answer, tries }) => ({ status: answer.status, body: await answer.text(), tries }))
      .catch((error) => ({ status: error.status, challenges: error.cause, code: error.code }));
    answers.push(answer);
  }
  return { token_type: tokens.token_type, token_tries: granted.tries, answers };
};

console.log('READY');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line)).catch((error) => ({ failed: String(error) }))));
}
