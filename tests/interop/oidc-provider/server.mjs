// A certified OpenID provider with every feature that the tests use. It prints one line, `READY <issuer>`, when it serves, and ends when its standard input does.
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';

import Provider, { errors } from 'oidc-provider';

// RFC 7515, appendix A.3: as public as a key can be. The private part is the tests' own affair.
const CLIENT_KEYS = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      kid: 'rfc7515-a3',
      alg: 'ES256',
      use: 'sig',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
  ],
};
// RFC 8037, appendix A.1.
const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'rfc8037-a1',
  alg: 'EdDSA',
  use: 'sig',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
// The same key as the clients': it signs ES256 here.
const P256 = { ...CLIENT_KEYS.keys[0], kid: 'server-es256', d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' };

const SECRET = 'a secret of the tests, 32 octets or more: 50% & +/=~';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';
const CALLBACK = 'http://127.0.0.1/callback';
// Tokens for the one are JWTs, for the other opaque.
const FORMATS = { 'https://api.example/files': 'jwt', 'https://api.example/opaque': 'opaque' };
const LOW = 'urn:example:loa1';
const HIGH = 'urn:example:loa2';

const client = (client_id, token_endpoint_auth_method, more = {}) => ({
  client_id,
  token_endpoint_auth_method,
  application_type: 'native',
  redirect_uris: [CALLBACK],
  post_logout_redirect_uris: ['http://127.0.0.1/goodbye'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', DEVICE],
  scope: 'openid offline_access profile email files.read files.write',
  authorization_details_types: ['files'],
  id_token_signed_response_alg: 'ES256',
  ...(token_endpoint_auth_method.startsWith('client_secret') ? { client_secret: SECRET } : {}),
  ...(token_endpoint_auth_method === 'client_secret_jwt' ? { token_endpoint_auth_signing_alg: 'HS256' } : {}),
  ...(token_endpoint_auth_method === 'private_key_jwt' ? { jwks: CLIENT_KEYS, token_endpoint_auth_signing_alg: 'ES256' } : {}),
  ...more,
});

const clients = () => [
  client('public', 'none'),
  client('basic', 'client_secret_basic'),
  client('post', 'client_secret_post'),
  client('secret-jwt', 'client_secret_jwt'),
  client('key-jwt', 'private_key_jwt'),
  client('eddsa', 'none', { id_token_signed_response_alg: 'EdDSA' }),
  client('jar', 'none', { jwks: CLIENT_KEYS, request_object_signing_alg: 'ES256', require_signed_request_object: true }),
  client('jarm', 'none', { authorization_signed_response_alg: 'ES256' }),
  client('signed-userinfo', 'none', { userinfo_signed_response_alg: 'ES256' }),
  client('dpop', 'none', { dpop_bound_access_tokens: true }),
  client('fapi', 'private_key_jwt', { dpop_bound_access_tokens: true, require_pushed_authorization_requests: true }),
  client('fapi-ms', 'private_key_jwt', {
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
    require_signed_request_object: true,
    request_object_signing_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
    introspection_signed_response_alg: 'ES256',
  }),
  client('service', 'client_secret_basic', {
    application_type: 'web',
    redirect_uris: [],
    post_logout_redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    scope: 'files.read',
  }),
  // Its device codes live for a second.
  client('hasty', 'none'),
  client('signed-introspection', 'client_secret_basic', { introspection_signed_response_alg: 'ES256' }),
  client('ciba', 'client_secret_basic', {
    grant_types: [CIBA, 'refresh_token'],
    redirect_uris: [],
    response_types: [],
    application_type: 'web',
    post_logout_redirect_uris: [],
    backchannel_token_delivery_mode: 'poll',
  }),
  ...(process.env.BACKCHANNEL_LOGOUT_URI
    ? [client('logout', 'none', { backchannel_logout_uri: process.env.BACKCHANNEL_LOGOUT_URI, backchannel_logout_session_required: true })]
    : []),
];

const findAccount = async (_ctx, id) => ({
  accountId: id,
  claims: async () => ({ sub: id, name: 'Alice Adams', email: `${id}@example.com`, email_verified: true }),
});

const features = {
  devInteractions: { enabled: true },
  backchannelLogout: { enabled: true },
  ciba: {
    enabled: true,
    deliveryModes: ['poll'],
    processLoginHint: async (_ctx, hint) => (hint === 'nobody' ? undefined : hint),
    processLoginHintToken: async () => undefined,
    verifyUserCode: async () => {},
    validateBindingMessage: async () => {},
    validateRequestContext: async () => {},
    // Whoever is asked agrees a second later, or says no at once.
    triggerAuthenticationDevice: async (ctx, request, account, ciba) => {
      setTimeout(async () => {
        if (account.accountId === 'refuses') {
          await provider.backchannelResult(request, new errors.AccessDenied('the user said no'));
          return;
        }
        const grant = new provider.Grant({ clientId: ciba.clientId, accountId: account.accountId });
        grant.addOIDCScope(request.params.scope);
        await provider.backchannelResult(request, await grant.save(), { acr: LOW, amr: ['pin'], authTime: Math.floor(Date.now() / 1000) });
      }, account.accountId === 'refuses' ? 0 : 1000);
    },
  },
  claimsParameter: { enabled: true },
  clientCredentials: { enabled: true },
  deviceFlow: { enabled: true },
  dPoP: { enabled: true, nonceSecret: createHash('sha256').update('of the tests').digest(), requireNonce: () => true },
  introspection: { enabled: true, allowedPolicy: async () => true },
  jwtIntrospection: { enabled: true },
  jwtResponseModes: { enabled: true },
  jwtUserinfo: { enabled: true },
  pushedAuthorizationRequests: { enabled: true },
  registration: { enabled: true, initialAccessToken: 'the-initial-access-token' },
  registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  requestObjects: { enabled: true },
  resourceIndicators: {
    enabled: true,
    defaultResource: async () => undefined,
    useGrantedResource: async () => true,
    getResourceServerInfo: async (_ctx, resource) => {
      if (!(resource in FORMATS)) throw new errors.InvalidTarget();
      return { scope: 'files.read files.write', audience: resource, accessTokenFormat: FORMATS[resource], accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } };
    },
  },
  revocation: { enabled: true, allowedPolicy: async () => true },
  richAuthorizationRequests: {
    enabled: true,
    types: { files: { validate: async () => {} } },
    authorizationDetailsForGrantSource: async (ctx) => ctx.oidc.entities.Grant?.rar ?? [],
    authorizationDetailsForAccessToken: async (_ctx, _token, source) => source?.rar ?? [],
    authorizationDetailsForIntrospection: async (_ctx, token) => token.rar ?? [],
  },
  rpInitiatedLogout: { enabled: true },
  userinfo: { enabled: true },
};

let provider;
const server = createServer((request, response) => provider.callback()(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    acrValues: [LOW, HIGH],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    clientDefaults: { authorization_signed_response_alg: 'ES256', id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
    clients: clients(),
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
    // So long is a code remembered that has expired, and told from one that never was.
    clockTolerance: 5,
    cookies: { keys: ['of the tests'] },
    features,
    // Everybody here is on loopback, which its own dispatcher keeps it from.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount,
    issueRefreshToken: async (_ctx, found) => found.grantTypeAllowed('refresh_token'),
    jwks: { keys: [P256, ED25519] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'profile', 'email', 'files.read', 'files.write'],
    ttl: { AccessToken: 300, AuthorizationCode: 60, DeviceCode: (_ctx, _code, found) => (found.clientId === 'hasty' ? 1 : 60), IdToken: 300, RefreshToken: 3600, BackchannelAuthenticationRequest: 30, Grant: 3600, Interaction: 300, Session: 3600 },
  });
  // Everybody logs in as strongly as can be, but Bob, who has no second factor.
  const finished = provider.interactionFinished.bind(provider);
  provider.interactionFinished = (request, response, result, ...rest) => {
    if (result.login) Object.assign(result.login, { acr: result.login.accountId === 'bob' ? LOW : HIGH, amr: ['pwd'] });
    return finished(request, response, result, ...rest);
  };
  provider.on('server_error', (_ctx, error) => console.error(error));
  console.log(`READY ${issuer}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
