//! What holds for every request and response.

use alloc::format;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_callback_makes_the_reader_panic_and_what_it_reads_is_written_back(
        text in "\\PC{0,80}|((code|state|iss|error|error_uri|error_description|x)=[a-z%0-9+ é]{0,9}[&#?]?){0,6}"
    ) {
        let uri = RedirectUri::new("https://c.example/cb").unwrap();
        for callback in [Callback::Url(&text), Callback::Query(&text), Callback::Form(text.as_bytes())] {
            if let Ok(response) = AuthorizationResponse::parse(callback) {
                // Wire against wire: once written, reading and writing changes nothing.
                let written = response.to_form().unwrap();
                let again = AuthorizationResponse::parse(Callback::Form(written.as_bytes())).unwrap();
                prop_assert_eq!(again.to_form().unwrap(), written.clone());
                prop_assert_eq!((again.state(), again.iss()), (response.state(), response.iss()));
                let url = response.to_fragment_url(&uri).unwrap();
                let again = AuthorizationResponse::parse(Callback::Url(&url)).unwrap();
                prop_assert_eq!((again.to_form().unwrap(), again.response_mode()), (written, ResponseMode::Fragment));
            }
        }
    }

    #[test]
    fn no_request_makes_the_reader_panic_and_what_it_reads_is_written_back(
        text in "\\PC{0,80}|response_type=code&client_id=c(&(state|scope|nonce|resource|prompt|max_age|acr_values|display|claims|authorization_details|x)=[a-z:/%0-9+é]{0,9}){0,6}",
        query in "[a-z_=&%0-9]{0,40}"
    ) {
        if let Ok(request) = AuthorizationRequest::from_query(&text) {
            let written = request.to_query().unwrap();
            prop_assert_eq!(AuthorizationRequest::from_query(&written).unwrap().to_query().unwrap(), written.clone());
            // Whatever query the endpoint has, a server reads the request out of the URL.
            if let Ok(endpoint) = Endpoint::new(format!("https://as.example/a?{query}")) {
                let url = request.to_url(&endpoint).unwrap();
                prop_assert!(url.ends_with(&written));
                // A server may read invalid UTF-8 where this crate does not.
                for name in ["response_type", "client_id", "state", "scope", "nonce"] {
                    let read = url::form_urlencoded::parse(query_of(&url).as_bytes());
                    prop_assert!(read.filter(|(found, _)| found == name).count() <= 1);
                }
            }
        }
    }

    #[test]
    fn any_login_hint_and_parameter_survive_the_wire(hint in "\\PC{1,40}", name in "[a-z]{3,9}x", value in ".{1,40}") {
        let request = request().with_login_hint(hint.clone()).with_parameter(name.clone(), value.clone());
        let url = request.to_url(&endpoint("https://as.example/authorize?tenant=1")).unwrap();
        let read = AuthorizationRequest::from_query(query_of(&url)).unwrap();
        prop_assert_eq!(read.login_hint(), Some(hint.as_str()));
        prop_assert_eq!(read.parameter(&name), Some(value.as_str()));
        prop_assert_eq!(read.parameter("tenant"), Some("1"));
    }
}
