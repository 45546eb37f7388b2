#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod bytes;
mod few;

pub mod form;
pub mod http;
pub mod identifiers;
pub mod reading;
pub mod secret;

pub mod pkce;
pub mod state;

pub mod challenge;
pub mod client_auth;
pub mod error_response;
pub mod rar;
pub mod request;
pub mod response;
pub mod retry_after;

mod protected;

pub mod access_token;
pub mod cookie;
pub mod dpop;

pub mod authorization;
pub mod par;
pub mod token;

pub mod device;
pub mod revocation;

pub mod ciba;
pub mod introspection;
pub mod logout;
pub mod registration;
pub mod user_info;

pub mod metadata;

pub mod providers;

pub use access_token::{PresentedToken, TokenError, TokenScheme};
pub use authorization::SignedResponse;
pub use authorization::{
    AuthorizationRequest, AuthorizationResponse, Callback, RequestReference, RequestUri, ResponseMode,
};
pub use challenge::{BearerChallenge, Challenge, ChallengeError, Challenges, DpopChallenge};
pub use ciba::{BackchannelAuthenticationRequest, BackchannelAuthenticationResponse};
pub use client_auth::{ClientAuth, ClientAuthMethod, PresentedClient};
pub use cookie::{Cookies, SetCookie};
pub use device::{DeviceAuthorizationRequest, DeviceAuthorizationResponse};
pub use dpop::{DpopJkt, DpopNonce};
pub use error_response::{ErrorCode, ErrorResponse};
pub use form::{FormBuilder, Pairs};
pub use http::{Contract, HttpRequest, HttpResponse, Method, Purpose, Replay};
pub use identifiers::{ClientId, Endpoint, Issuer, RedirectUri, Resource, Scope};
pub use introspection::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
pub use logout::{BackchannelLogoutRequest, LogoutRequest, LogoutResponse, LogoutToken};
pub use metadata::{AuthorizationServer, ProtectedResource};
pub use par::{PushedAuthorizationRequest, PushedAuthorizationResponse};
pub use pkce::{CodeChallenge, CodeVerifier, Pkce};
pub use rar::{AuthorizationDetail, AuthorizationDetails};
pub use reading::{Deviation, Reading};
pub use registration::{ClientIdMetadata, ClientMetadata, RegistrationRequest, RegistrationResponse};
pub use request::{BuildError, RequestError};
pub use response::{Expect, InvalidResponse, ResponseError};
pub use revocation::{RevocationRequest, RevocationResponse, TokenTypeHint};
pub use secret::{
    AccessToken, Assertion, AuthReqId, AuthorizationCode, ClientAssertion, ClientSecret, DeviceCode, IdToken,
};
pub use secret::{RefreshToken, RequestObject, SecurityToken};
pub use state::{Nonce, State};
pub use token::{Grant, TokenExchange, TokenRequest, TokenResponse, TokenType, TokenTypeIdentifier};
pub use user_info::{UserInfo, UserInfoRequest};
