//! [`IdentityAssertion`]: tokens of one server for a login at another (draft-ietf-oauth-identity-assertion-authz-grant).

use alloc::boxed::Box;

use jwt_core::{Moment, Timestamp};
use oauth_types::metadata::AuthorizationServer;
use oauth_types::rar::AuthorizationDetails;
use oauth_types::{Assertion, IdToken, Resource, Scope, token};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{ApiMisuse, Error};
use crate::exchange::{Exchange, ExchangeBody};
use crate::flow::{Flow, Input, Step};
use crate::grant::{Grant, GrantBody};
use crate::jwt_bearer::{BearerRequest, BearerRequestBody, Source};
use crate::stored::stored;
use crate::token_exchange::{ExchangeRequest, ExchangeRequestBody};
use crate::tokens::Tokens;

/// Gets tokens of a resource's authorization server for a user who is logged in at the identity provider that both trust, without a browser
/// (draft-ietf-oauth-identity-assertion-authz-grant).
///
/// The two servers know the client by registrations of its own: [`Client`]s of their own. Nothing that belongs to one ever goes to the other: not a secret, not an
/// assertion that authenticates, not a proof, not the ID token. What goes from the one to the other is the identity assertion (ID-JAG) alone, which is made for that.
///
/// # Theory of operation
///
/// Two legs. First the ID token is exchanged at the identity provider (RFC 8693) for an ID-JAG whose audience is the resource's authorization server; then the
/// ID-JAG is redeemed there (RFC 7523). Either is sent again only where it certainly was not sent, or was refused for want of a DPoP nonce. An ID-JAG is short-lived
/// and may be good for once, so the flow gives it to nobody; if the second leg fails, begin anew with the same ID token, and log the user in again when that is too old.
///
/// Of clients that send secrets:
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> ready
///     ready --> exchange_asked: resume, poll
///     exchange_asked --> exchanging: secret (of the provider's client)
///     exchanging --> exchange_waits: not sent
///     exchanging --> redeem_asked: 200 (the assertion)
///     exchanging --> failed: anything else
///     exchange_waits --> exchange_asked: poll
///     redeem_asked --> redeeming: secret (of the resource's client)
///     redeeming --> redeem_waits: not sent
///     redeeming --> done: 200 (Tokens)
///     redeeming --> failed: anything else
///     redeem_waits --> redeem_asked: poll
///     done --> [*]
///     failed --> [*]
/// ```
///
/// # Examples
///
/// ```
/// use jwt_core::{Moments, Timestamp};
/// use oauth_client_sans_io::{Authentication, Client, Flow, IdentityAssertion, Step};
/// use oauth_types::metadata::AuthorizationServer;
/// use oauth_types::{ClientId, Endpoint, HttpResponse, IdToken, Issuer};
///
/// let mut at = Moments::from_seed([0; 32]); // a test's; in production every moment gets real randomness
/// let now = Timestamp::from_unix(1_700_000_000);
/// let provider = AuthorizationServer::new(Issuer::new("https://acme.idp.example")?)
///     .with_token_endpoint(Endpoint::new("https://acme.idp.example/oauth2/token")?);
/// let chat = AuthorizationServer::new(Issuer::new("https://acme.chat.example")?)
///     .with_token_endpoint(Endpoint::new("https://acme.chat.example/oauth2/token")?);
/// let (at_provider, at_chat) = (
///     Client::new(ClientId::new("wiki")?, Authentication::None),
///     Client::new(ClientId::new("f53f191f9311af35")?, Authentication::None),
/// );
///
/// let mut flow = IdentityAssertion::new((&provider, &at_provider), (&chat, &at_chat), &IdToken::new("eyJraWQiOiJzMTZ0cVNtODhw"))?
///     .scope("chat.read".parse()?);
/// let Step::Send(request) = flow.resume(at.at(now))? else { panic!() };
/// assert_eq!(request.url(), "https://acme.idp.example/oauth2/token");
/// let json = |body| HttpResponse::new(200).with_header("content-type", "application/json").with_body(body);
/// let id_jag = json(r#"{"issued_token_type":"urn:ietf:params:oauth:token-type:id-jag","access_token":"eyJhbGciOiJIUzI1NiIsI","token_type":"N_A"}"#);
/// let Step::Send(request) = flow.handle_response(at.at(now), id_jag)? else { panic!() };
/// assert_eq!(request.url(), "https://acme.chat.example/oauth2/token");
/// let Step::Done(tokens) = flow.handle_response(at.at(now), json(r#"{"access_token":"abc","token_type":"Bearer"}"#))? else { panic!() };
/// assert_eq!(tokens.issuer().as_str(), "https://acme.chat.example");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct IdentityAssertion {
    state: State,
}

#[derive(Debug)]
enum State {
    /// At the identity provider, with what comes after it.
    Exchanging(Box<(Exchange<ExchangeRequest>, Grant)>),
    /// At the authorization server of the resource.
    Redeeming(Box<Exchange<BearerRequest>>),
    Ended,
}

impl IdentityAssertion {
    /// Tokens of `server` for the user of this ID token, which `provider` gave; each server with the client that is registered there.
    ///
    /// # Errors
    ///
    /// [`Error::ApiMisuse`] where a server has no token endpoint, or both are one: a server needs no assertion to itself.
    pub fn new(
        provider: (&AuthorizationServer, &Client),
        server: (&AuthorizationServer, &Client),
        id_token: &IdToken,
    ) -> Result<Self, Error> {
        if provider.0.issuer() == server.0.issuer() {
            return Err(ApiMisuse::InvalidArgument("the identity provider and the server are one").into());
        }
        let exchange = token::TokenExchange::id_jag(id_token, server.0.issuer());
        let request = ExchangeRequest { grant: Grant::new(provider.0, provider.1)?, exchange };
        let next = Grant::new(server.0, server.1)?;
        // What cannot be signed later is the caller's fault now: between the legs only the provider speaks.
        next.party.credential(&Moment::new(Timestamp::EPOCH, [0; 32]))?;
        Ok(Self { state: State::Exchanging(Box::new((Exchange::new(request), next))) })
    }

    /// The same with the ID token of these tokens.
    ///
    /// # Errors
    ///
    /// As [`IdentityAssertion::new`]; also where the tokens are another provider's, or hold no ID token.
    pub fn of_login(
        provider: (&AuthorizationServer, &Client),
        server: (&AuthorizationServer, &Client),
        tokens: &Tokens,
    ) -> Result<Self, Error> {
        // RFC 9700, section 4.4: nothing of one server goes to another.
        if tokens.issuer() != provider.0.issuer() {
            return Err(ApiMisuse::OtherServer.into());
        }
        let id_token = tokens.raw_id_token().ok_or(ApiMisuse::InvalidArgument("there is no ID token"))?;
        Self::new(provider, server, id_token)
    }

    /// Asks for this scope of the resource's server, at both; of the second for no more than the first left of it.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        if let Some((first, second)) = self.legs() {
            first.scope = Some(scope.clone());
            second.scope = Some(scope);
        }
        self
    }

    /// Asks for tokens for this resource, at both servers; may be called again for another (RFC 8707, section 2).
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        if let Some((first, second)) = self.legs() {
            first.resources.push(resource.clone());
            second.resources.push(resource);
        }
        self
    }

    /// Asks for these, at both servers (RFC 9396, section 6); at the second as the first granted them, where it says how.
    #[must_use]
    pub fn authorization_details(mut self, details: AuthorizationDetails) -> Self {
        if let Some((first, second)) = self.legs() {
            first.authorization_details = details.clone();
            second.authorization_details = details;
        }
        self
    }

    /// What is asked for in either leg, as long as nothing was.
    fn legs(&mut self) -> Option<(&mut Grant, &mut Grant)> {
        match &mut self.state {
            State::Exchanging(exchanging) => {
                let (exchange, next) = &mut **exchanging;
                Some((&mut exchange.request_mut().grant, next))
            }
            State::Redeeming(_) | State::Ended => None,
        }
    }

    /// The second leg, with what the first gave.
    fn redeem(&mut self, at: &Moment, id_jag: &Tokens) -> Result<Step<Tokens>, Error> {
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Exchanging(exchanging) => {
                let (_, mut grant) = *exchanging;
                ask_no_more_than(&mut grant, id_jag);
                let source = Source::Given(Assertion::new(id_jag.access_token().expose()));
                self.state = State::Redeeming(Box::new(Exchange::new(BearerRequest { grant, source })));
                self.handle_redeeming(at, Input::Resume)
            }
            State::Redeeming(_) | State::Ended => Err(ApiMisuse::Ended.into()),
        }
    }

    fn handle_redeeming(&mut self, at: &Moment, input: Input) -> Result<Step<Tokens>, Error> {
        let State::Redeeming(exchange) = &mut self.state else { return Err(ApiMisuse::Ended.into()) };
        let result = exchange.handle(at, input);
        self.end_with(result)
    }

    /// Forgets everything where the flow ends.
    fn end_with(&mut self, result: Result<Step<Tokens>, Error>) -> Result<Step<Tokens>, Error> {
        if match &result {
            Ok(Step::Done(_)) => true,
            Ok(Step::Send(_) | Step::Ask(_) | Step::Wait(_)) => false,
            Err(error) => !error.is_misuse(),
        } {
            self.state = State::Ended;
        }
        result
    }

    fn to_body(&self) -> Body {
        let state = match &self.state {
            State::Exchanging(exchanging) => {
                StateBody::Exchanging(Box::new((exchanging.0.to_body(), exchanging.1.to_body())))
            }
            State::Redeeming(exchange) => StateBody::Redeeming(Box::new(exchange.to_body())),
            State::Ended => StateBody::Ended,
        };
        Body { state }
    }

    fn from_body(body: Body) -> Option<Self> {
        let state = match body.state {
            StateBody::Exchanging(exchanging) => {
                let (exchange, next) = *exchanging;
                State::Exchanging(Box::new((Exchange::from_body(exchange)?, Grant::from_body(next)?)))
            }
            StateBody::Redeeming(exchange) => State::Redeeming(Box::new(Exchange::from_body(*exchange)?)),
            StateBody::Ended => State::Ended,
        };
        Some(Self { state })
    }
}

impl Flow for IdentityAssertion {
    type Output = Tokens;

    fn handle(&mut self, at: Moment, input: Input) -> Result<Step<Tokens>, Error> {
        match &mut self.state {
            State::Exchanging(exchanging) => match exchanging.0.handle(&at, input) {
                Ok(step) => step.then(|id_jag| self.redeem(&at, &id_jag)),
                Err(error) => self.end_with(Err(error)),
            },
            State::Redeeming(_) => self.handle_redeeming(&at, input),
            State::Ended => Err(ApiMisuse::Ended.into()),
        }
    }
}

/// What the provider left out is not in the assertion, and a server that is asked for it all the same refuses everything (RFC 7521, section 4.1: "the requested scope
/// MUST be equal to or less than the scope originally granted").
fn ask_no_more_than(grant: &mut Grant, id_jag: &Tokens) {
    if let (Some(asked), Some(granted)) = (&mut grant.scope, id_jag.scope())
        && !granted.is_empty()
        && granted.is_subset_of(asked)
    {
        *asked = granted.clone();
    }
    // RFC 9396, section 7: the answer has the details "as granted".
    if let Some(granted) = id_jag.authorization_details()
        && !granted.is_empty()
        && !grant.authorization_details.is_empty()
    {
        grant.authorization_details = granted.clone();
    }
}

stored! {
    /// It holds the ID token, and later the identity assertion, in the clear: store it where only your program can read it.
    IdentityAssertion, "identity_assertion", 1, Body
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    state: StateBody,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateBody {
    Exchanging(Box<(ExchangeBody<ExchangeRequestBody>, GrantBody)>),
    Redeeming(Box<ExchangeBody<BearerRequestBody>>),
    Ended,
}
