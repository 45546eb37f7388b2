// The same provider over TLS, at two ports: one for everybody, and one where clients show their certificates. The certificates are in the directory that is named in the
// environment. It prints one line, `READY <issuer>`, when it serves, and ends when its standard input does.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

import Provider, { errors } from 'oidc-provider';

const read = (name) => readFileSync(`${process.env.CERTIFICATES}/${name}`);
const P256 = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'server-es256',
  alg: 'ES256',
  use: 'sig',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
// One API, whose tokens are JWTs or opaque, as is asked for.
const API = 'https://api.example';
const FORMATS = { [`${API}/jwt`]: 'jwt', [`${API}/opaque`]: 'opaque' };

// RFC 8705, section 2.2.2: the client's certificate is in the key set that it registered.
const selfSigned = new X509Certificate(read('self-signed.pem'));
const selfSignedKeys = {
  keys: [{ ...selfSigned.publicKey.export({ format: 'jwk' }), kid: 'self-signed', x5c: [selfSigned.raw.toString('base64')] }],
};

const client = (client_id, token_endpoint_auth_method, more) => ({
  client_id,
  token_endpoint_auth_method,
  redirect_uris: ['https://app.example/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid offline_access files.read',
  id_token_signed_response_alg: 'ES256',
  tls_client_certificate_bound_access_tokens: true,
  require_pushed_authorization_requests: true,
  ...more,
});

const certificate = (ctx) => ctx.socket.getPeerX509Certificate?.();
const options = { cert: read('server.pem'), key: read('server.key') };
const everybody = createServer(options, (request, response) => provider.callback()(request, response));
// Whether a certificate is one of the authority's is for each client's method to say.
const mutual = createServer({ ...options, ca: read('ca.pem'), requestCert: true, rejectUnauthorized: false }, (request, response) =>
  provider.callback()(request, response),
);
const origin = (server) => `https://127.0.0.1:${server.address().port}`;
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

await Promise.all([listen(everybody), listen(mutual)]);
const at = (path) => `${origin(mutual)}${path}`;
const provider = new Provider(origin(everybody), {
  claims: { openid: ['sub'] },
  clients: [
    client('authority', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=client' }),
    client('self-signed', 'self_signed_tls_client_auth', { jwks: selfSignedKeys }),
    client('api', 'client_secret_basic', {
      client_secret: process.env.SECRET,
      tls_client_certificate_bound_access_tokens: false,
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    }),
  ],
  clientAuthMethods: ['client_secret_basic', 'tls_client_auth', 'self_signed_tls_client_auth'],
  cookies: { keys: ['of the tests'] },
  // What is not said by itself: where to go with a certificate (RFC 8705, section 5).
  discovery: {
    mtls_endpoint_aliases: {
      token_endpoint: at('/token'),
      userinfo_endpoint: at('/me'),
      pushed_authorization_request_endpoint: at('/request'),
    },
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificate,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn' && certificate(ctx).subject === expected,
    },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => undefined,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, resource) => {
        if (!(resource in FORMATS)) throw new errors.InvalidTarget();
        return { scope: 'files.read', audience: API, accessTokenFormat: FORMATS[resource], accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } };
      },
    },
    userinfo: { enabled: true },
  },
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  issueRefreshToken: async (_ctx, found) => found.grantTypeAllowed('refresh_token'),
  jwks: { keys: [P256] },
  pkce: { required: () => true },
  responseTypes: ['code'],
  scopes: ['openid', 'offline_access', 'files.read'],
  ttl: { AccessToken: 300, AuthorizationCode: 60, ClientCredentials: 300, IdToken: 300, RefreshToken: 3600, Grant: 3600, Interaction: 300, Session: 3600 },
});
provider.on('server_error', (_ctx, error) => console.error(error));
console.log(`READY ${origin(everybody)}`);
process.stdin.on('end', () => process.exit(0)).resume();
