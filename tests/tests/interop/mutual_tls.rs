//! npm `oidc-provider` over TLS: clients that authenticate with certificates, and tokens that are bound to them (RFC 8705). The certificates are new ones
//! each time, of Debian's `openssl`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use conformance::transport::blocking;
use jwt_core::Algorithm;
use oauth_client_sans_io::{
    Authentication, AuthorizationCode, Client, ClientCredentials, Discovery, Flow, Profile, Refresh, SendFailure,
    Tokens, UserInfo,
};
use oauth_resource_sans_io::{Binding, Check, Guard, Introspect, Need, RequestHead, certificate_thumbprint};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::{ClientId, HttpRequest, HttpResponse, Issuer, RedirectUri, Resource};
use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::browser::Browser;
use crate::driving::{Driven, SECRET, at, callback, code, run_over, subject};
use crate::peer::{Peer, directory, is_installed, missing};

/// Both clients that authenticate with a certificate; each is named as its certificate's file is.
const CLIENTS: [&str; 2] = ["authority", "self-signed"];
const CALLBACK: &str = "https://app.example/callback";
const API: &str = "https://api.example";

struct Provider {
    /// Ends with the tests' process, whose end closes its standard input.
    _peer: Peer,
    certificates: Certificates,
    server: AuthorizationServer,
}

/// Certificates and their keys, by name.
type Certificates = BTreeMap<&'static str, ClientCert>;

fn provider() -> Option<&'static Provider> {
    static PROVIDER: OnceLock<Option<Provider>> = OnceLock::new();
    PROVIDER.get_or_init(Provider::start).as_ref()
}

impl Provider {
    fn start() -> Option<Self> {
        if !is_installed("openssl") {
            return missing("openssl is not installed");
        }
        let directory = directory("certificates");
        let certificates = certify(&directory);
        let environment = [("CERTIFICATES", directory.to_str().unwrap()), ("SECRET", SECRET)];
        let peer = Peer::node("oidc-provider", "mutual-tls.mjs", &environment);
        // It has read them by now.
        std::fs::remove_dir_all(&directory).unwrap();
        let peer = peer?;
        let everybody = agent(&certificates, None);
        let discovery = Discovery::new(Issuer::new(peer.ready.as_str()).unwrap());
        let server = run_over(discovery, |request| blocking::send(&everybody, request)).unwrap();
        Some(Self { _peer: peer, certificates, server })
    }

    fn wire(&self, certificate: &str) -> Wire {
        let shown = agent(&self.certificates, Some(certificate));
        Wire { everybody: agent(&self.certificates, None), shown, shown_to: RefCell::default() }
    }

    fn thumbprint(&self, certificate: &str) -> String {
        certificate_thumbprint(self.certificates[certificate].certs()[0].der())
    }

    /// The origin where certificates are shown.
    fn mutual(&self) -> &str {
        let endpoint = self.server.mtls_endpoint_aliases().unwrap().token_endpoint().unwrap().as_str();
        endpoint.strip_suffix("/token").unwrap()
    }
}

/// An authority, the server's certificate and those of two clients that it has issued, and two that nobody has.
fn certify(directory: &Path) -> Certificates {
    const SERVER: &[&str] = &["-addext", "subjectAltName=IP:127.0.0.1"];
    let made = [
        ("ca", "/CN=authority of the tests", false, &[][..]),
        ("server", "/CN=server", true, SERVER),
        ("authority", "/CN=client", true, &[]),
        ("namesake", "/CN=client", false, &[]),
        ("colleague", "/CN=colleague", true, &[]),
        ("self-signed", "/CN=self-signed", false, &[]),
    ];
    let made = made.map(|(name, subject, by_authority, more)| {
        let (certificate, key) = (directory.join(format!("{name}.pem")), directory.join(format!("{name}.key")));
        let mut openssl = Command::new("openssl");
        openssl.current_dir(directory).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-days", "2", "-subj", subject]).args(more);
        openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
        if by_authority {
            openssl.args(["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"]);
        }
        let output = openssl.output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let certificate = Certificate::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
        let key = PrivateKey::from_pem(&std::fs::read(key).unwrap()).unwrap();
        (name, ClientCert::new_with_certs(&[certificate], key))
    });
    BTreeMap::from(made)
}

/// An HTTP client that trusts the tests' authority alone, and shows this certificate, if any, to who asks for one.
fn agent(certificates: &Certificates, shown: Option<&str>) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(certificates["ca"].certs()))
        .client_cert(shown.map(|name| certificates[name].clone()))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    let config = Agent::config_builder().tls_config(tls).https_only(true);
    config.http_status_as_error(false).max_redirects(0).proxy(None).build().into()
}

/// What a client sends with: its certificate is shown where the request's contract says so, and nowhere else.
struct Wire {
    everybody: Agent,
    shown: Agent,
    shown_to: RefCell<Vec<String>>,
}

impl Wire {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, SendFailure> {
        if !request.contract().client_certificate() {
            return blocking::send(&self.everybody, request);
        }
        self.shown_to.borrow_mut().push(request.url().to_owned());
        blocking::send(&self.shown, request)
    }

    fn run<F: Flow>(&self, flow: F) -> Driven<F::Output> {
        run_over(flow, |request| self.send(request))
    }
}

fn client(id: &str) -> Client {
    let authentication = match id {
        "authority" => Authentication::Tls,
        "self-signed" => Authentication::SelfSignedTls,
        _ => Authentication::SecretBasic("secret".into()),
    };
    let client = Client::new(ClientId::new(id).unwrap(), authentication);
    if CLIENTS.contains(&id) { client.certificate_bound_tokens() } else { client }
}

#[test]
fn fapi_2_logins_with_certificates_go_to_the_aliases_and_nothing_else_sees_them() {
    let Some(provider) = provider() else { return };
    for id in CLIENTS {
        // With TLS no rule of the profile is left out.
        let (client, wire) = (client(id).profile(Profile::fapi2_security()), provider.wire(id));
        let begin = AuthorizationCode::new(&provider.server, &client, RedirectUri::new(CALLBACK).unwrap());
        let redirect = wire.run(begin.scope("openid files.read".parse().unwrap()).push(&at()).unwrap()).unwrap();
        let mut browser = Browser::of("alice").with_agent(agent(&provider.certificates, None));
        let (back, mut pending) = (browser.open(&redirect.url, CALLBACK), redirect.pending);
        let login = wire.run(pending.accept(&at(), None, callback(&back)).unwrap()).unwrap();
        assert_eq!(subject(&login), "alice", "{id}");
        let fresh = wire.run(Refresh::new(&provider.server, &client, &login.tokens).unwrap()).unwrap();
        let user_info = || UserInfo::new(&provider.server, &client, &fresh, "alice").unwrap();
        assert_eq!(wire.run(user_info()).unwrap().user.sub(), "alice", "{id}");
        let shown_to = wire.shown_to.borrow().clone();
        let paths: Vec<_> = shown_to.iter().map(|url| url.strip_prefix(provider.mutual()).unwrap_or(url)).collect();
        assert_eq!(paths, ["/request", "/token", "/token", "/me"], "{id}");

        // Somebody else has found the tokens.
        let thief = provider.wire("namesake");
        assert_eq!(code(thief.run(user_info())), "invalid_token", "{id}");
        let refresh = thief.run(Refresh::new(&provider.server, &client, &fresh).unwrap());
        assert_eq!(code(refresh), "invalid_client", "{id}");
    }
}

fn service(provider: &Provider, client: &Client, format: &str) -> ClientCredentials {
    let resource = Resource::new(format!("{API}/{format}")).unwrap();
    let flow = ClientCredentials::new(&provider.server, client).unwrap();
    flow.scope("files.read".parse().unwrap()).resource(resource)
}

#[test]
fn a_client_with_another_certificate_is_not_that_client() {
    let Some(provider) = provider() else { return };
    for (id, others) in [
        ("authority", ["namesake", "colleague", "self-signed"]),
        ("self-signed", ["namesake", "colleague", "authority"]),
    ] {
        let client = client(id);
        for other in others {
            let refused = provider.wire(other).run(service(provider, &client, "jwt"));
            assert_eq!(code(refused), "invalid_client", "{id} with the certificate of {other}");
        }
        assert!(provider.wire(id).run(service(provider, &client, "jwt")).is_ok(), "{id}");
        let without = agent(&provider.certificates, None);
        let refused = run_over(service(provider, &client, "jwt"), |request| blocking::send(&without, request));
        assert_eq!(code(refused), "invalid_client", "{id} without a certificate");
    }
}

/// What the API says to this token over a connection with this certificate: the code of its refusal, or who is let in.
fn asks(provider: &Provider, guard: &mut Guard, tokens: &Tokens, certificate: Option<&str>) -> Result<String, String> {
    let (wire, now) = (provider.wire("self-signed"), at().now());
    let (value, thumbprint) = (tokens.authorization().unwrap(), certificate.map(|name| provider.thumbprint(name)));
    let head = RequestHead::new("GET", "/files").authorization([value.as_str()]);
    let head = thumbprint.as_deref().map_or(head, |thumbprint| head.client_certificate(thumbprint));
    let mut check = guard.check(&head, now);
    loop {
        check = match check {
            Check::Needs(Need::Keys(wanted)) => {
                let keys = guard.keys_mut(wanted.issuer()).unwrap();
                let request = keys.fetch_for(wanted.header(), now).unwrap();
                keys.handle_response(now, &wire.send(request).unwrap()).unwrap();
                guard.check(&head, now)
            }
            Check::Needs(Need::Introspection(check)) => {
                let said = wire.run(check.flow(&provider.server, &client("api")).unwrap()).unwrap();
                check.decide(&said.response, now)
            }
            Check::Granted(principal) => {
                assert!(principal.is_bound_to_certificate());
                return Ok(principal.client_id().unwrap().to_owned());
            }
            Check::Denied(denial) => {
                assert_eq!(denial.status(), 401);
                return Err(denial.code().to_owned());
            }
            other @ (Check::Needs(_) | _) => panic!("{other:?}"),
        };
    }
}

#[test]
fn a_bound_token_passes_the_guard_with_its_certificate_and_no_other() {
    let Some(provider) = provider() else { return };
    let issuer = || provider.server.issuer().clone();
    for format in ["jwt", "opaque"] {
        let mut guard = Guard::new(API)
            .issuer(issuer(), provider.server.jwks_uri().cloned().unwrap(), &[Algorithm::ES256])
            .introspection(issuer(), Introspect::Opaque)
            .binding(Binding::Certificate);
        for (id, other) in [("authority", "self-signed"), ("self-signed", "authority")] {
            let client = client(id);
            let tokens = provider.wire(id).run(service(provider, &client, format)).unwrap();
            assert_eq!(tokens.access_token().expose().contains('.'), format == "jwt");
            let mut asks = |certificate| asks(provider, &mut guard, &tokens, certificate);
            assert_eq!(asks(Some(id)), Ok(id.to_owned()), "{format}");
            for wrong in [Some(other), Some("namesake")] {
                assert_eq!(asks(wrong), Err("certificate_mismatch".to_owned()), "{format}: {id}, {wrong:?}");
            }
            // The server is not even asked about a token that comes without any.
            let without = if format == "jwt" { "certificate_mismatch" } else { "unbound_token" };
            assert_eq!(asks(None), Err(without.to_owned()), "{format}: {id}");
        }
    }
}
