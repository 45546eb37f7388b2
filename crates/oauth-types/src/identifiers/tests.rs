use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use proptest::prelude::*;

// B12, MD-02
#[test]
fn b12_an_identifier_stays_as_it_was_written() {
    for text in [
        "https://as.example",
        "https://as.example/",
        "https://AS.Example:443/Path/",
        "HTTPS://as.example",
        "https://as.example/a/../b",
        "https://as.example/%7euser",
        "https://login.example/{tenantid}/v2.0",
        "http://127.0.0.1:8080",
        "http://localhost/x",
        "http://[::1]:9000/",
        "http://127.8.9.1",
    ] {
        assert_eq!(Issuer::new(text).unwrap().as_str(), text);
        assert_eq!(Endpoint::new(text).unwrap().to_string(), text);
        assert_eq!(Resource::new(text).unwrap().as_ref(), text);
        assert_eq!(RedirectUri::new(text).unwrap().as_str(), text);
    }
    assert_ne!(Resource::new("https://rs.example").unwrap(), Resource::new("https://rs.example/").unwrap());
}

// B10, OA-16, MD-03
#[test]
fn b10_what_is_no_safe_url_is_refused_by_name() {
    use IdentifierError as E;
    for (text, error) in [
        ("", E::Empty),
        ("as.example", E::NotAbsolute),
        ("/token", E::NotAbsolute),
        ("//as.example/token", E::NotAbsolute),
        ("https:", E::NotAbsolute),
        ("https://", E::NotAbsolute),
        ("https:as.example", E::NotAbsolute),
        ("https:/as.example", E::NotAbsolute),
        ("https:///as.example", E::NotAbsolute),
        // Of two places, a parser mends the first, and the second looks like the host.
        ("https:as.example://as.example", E::NotAbsolute),
        ("https:as.example://as.example:8443/token", E::NotAbsolute),
        ("https:/as.example://as.example", E::NotAbsolute),
        ("http://as.example", E::Scheme),
        ("http://127.0.0.1.as.example", E::Scheme),
        ("http://localhost.as.example", E::Scheme),
        ("http://128.0.0.1", E::Scheme),
        ("http://[::2]", E::Scheme),
        ("ftp://as.example", E::Scheme),
        ("javascript://as.example/%0aalert(1)", E::Scheme),
        ("https://user@as.example", E::UserInfo),
        ("https://user:password@as.example", E::UserInfo),
        ("https://as.example@evil.example", E::UserInfo),
        ("https://@as.example", E::UserInfo),
        ("https://as.example#", E::Fragment),
        ("https://as.example/#a", E::Fragment),
        ("https://as.example\\@evil.example", E::Character),
        ("https://as.example/a b", E::Character),
        (" https://as.example", E::NotAbsolute), // what stands before the colon is no scheme
        ("https://as.example/\n", E::Character),
        ("https://as.exa\tmple/", E::Character),
        ("https://b\u{fc}cher.example", E::Character),
        ("https://as%2eexample", E::Host),
        ("https://0x7f.1", E::Host),
        ("https://127.1", E::Host),
        ("https://as.example:port", E::Host),
        ("https://as.example:65536", E::Host),
        ("https://[::1", E::Host),
        ("https://[0:0::1]", E::Host),
        ("https://:443", E::Host),
    ] {
        assert_eq!(Endpoint::new(text), Err(error), "{text}");
        assert!(Issuer::new(text).is_err(), "{text}");
        if error != E::NotAbsolute {
            assert!(RedirectUri::new(text).is_err(), "{text}");
        }
    }
    assert_eq!(Endpoint::new(format!("https://as.example/{}", "a".repeat(MAX_IDENTIFIER_BYTES))), Err(E::TooLong));
}

#[test]
fn md_03_an_issuer_has_no_query_and_an_endpoint_may_have_one() {
    assert_eq!(Issuer::new("https://as.example?a"), Err(IdentifierError::Query));
    assert!(Endpoint::new("https://as.example/authorize?p=b2c_1_signin").is_ok());
    assert!(RedirectUri::new("https://client.example/cb?a=b").is_ok());
}

#[test]
fn b10_redirect_uris_of_scripts_data_and_files_are_refused() {
    for text in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://x/y",
        "about:blank",
        "myapp://callback",
        "http://client.example/cb",
    ] {
        assert_eq!(RedirectUri::new(text), Err(IdentifierError::Scheme), "{text}");
    }
    assert_eq!(RedirectUri::new("com.example.app:/cb#x"), Err(IdentifierError::Fragment));
    assert_eq!(RedirectUri::new("com.example.app://user@callback/x"), Err(IdentifierError::UserInfo));
    assert!(RedirectUri::new("com.example.app:/oauth2redirect/example-provider").is_ok());
    assert!(RedirectUri::new("com.example.app://callback/a@b").is_ok());
    assert!(RedirectUri::new("com.example.app://callback").is_ok());
}

// RFC 8252, section 7.3
#[test]
fn the_port_of_a_loopback_redirect_may_be_any_and_nothing_else() {
    let uri = |text: &str| RedirectUri::new(text).unwrap();
    let registered = uri("http://127.0.0.1/cb");
    for text in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://127.0.0.1:1/cb"] {
        assert!(uri(text).is_registered_as(&registered), "{text}");
    }
    for text in
        ["http://127.0.0.1:51004/other", "http://localhost:51004/cb", "http://[::1]:51004/cb", "https://127.0.0.1:5/cb"]
    {
        assert!(!uri(text).is_registered_as(&registered), "{text}");
    }
    assert!(uri("http://[::1]:8/cb?a=b").is_registered_as(&uri("http://[::1]:9/cb?a=b")));
    assert!(!uri("https://client.example:444/cb").is_registered_as(&uri("https://client.example/cb")));
    assert!(!uri("http://localhost:1/cb").is_registered_as(&uri("http://localhost:2/cb")));
    assert!(!uri("http://127.0.0.10/cb").is_registered_as(&uri("http://127.0.0.1/cb")));
}

// OA-24
#[test]
fn a_resource_may_have_any_scheme_but_no_fragment() {
    for text in ["urn:example:api", "api://8d1f3f6e", "https://rs.example/a?b", "http://rs.example"] {
        assert!(Resource::new(text).is_ok(), "{text}");
    }
    assert_eq!(Resource::new("https://rs.example#x"), Err(IdentifierError::Fragment));
    assert_eq!(Resource::new("rs.example"), Err(IdentifierError::NotAbsolute));
}

// B12: RFC 8707, section 2; RFC 9728, section 3.3
#[test]
fn b12_the_resource_of_a_request_is_a_part_of_its_url() {
    for (url, resource) in [
        ("https://rs.example", "https://rs.example"),
        ("https://rs.example/", "https://rs.example/"),
        ("https://RS.Example:443/A/../b?x#y", "https://RS.Example:443/A/../b"),
        ("http://127.0.0.1:1/mcp#?", "http://127.0.0.1:1/mcp"),
    ] {
        assert_eq!(Resource::of_request(url).unwrap().as_str(), resource);
    }
    for url in ["http://rs.example/", "urn:a:b", "/mcp", "", "https://u@rs.example/", "https://?x"] {
        assert!(Resource::of_request(url).is_err(), "{url}");
    }
}

#[test]
fn a_resource_is_above_what_begins_with_it_and_goes_on_with_a_segment() {
    let above = |resource: &str, url: &str| Resource::new(resource).unwrap().is_at_or_above(url);
    for (resource, url) in [
        ("https://rs.example", "https://rs.example"),
        ("https://rs.example", "https://rs.example/"),
        ("https://rs.example", "https://rs.example?x"),
        ("https://rs.example/", "https://rs.example/a"),
        ("https://rs.example/a", "https://rs.example/a/b?c#d"),
        ("https://rs.example/a", "https://rs.example/a?b"),
        ("https://rs.example/a/", "https://rs.example/a/b"),
        ("https://rs.example/a?b", "https://rs.example/a?b#c"),
        ("urn:x:y", "urn:x:y"),
    ] {
        assert!(above(resource, url), "{resource} {url}");
    }
    for (resource, url) in [
        ("https://rs.example/a", "https://rs.example/ab"),
        ("https://rs.example/a/", "https://rs.example/a"),
        ("https://rs.example/a", "https://rs.example/"),
        ("https://rs.example/a", "https://rs.example/a/../b"),
        ("https://rs.example/a", "https://rs.example/a/%2e%2e/b"),
        ("https://rs.example", "https://rs.example.evil.example/"),
        ("https://rs.example", "https://rs.example:8443/"),
        ("https://rs.example", "https://rs.example@evil.example/"),
        ("https://rs.example", "https://RS.example/"),
        ("https://rs.example/a?b", "https://rs.example/a?b/c"),
        ("https://", "https://rs.example/"),
        ("https:/", "https://rs.example/"),
        ("urn:x", "urn:x/y"),
    ] {
        assert!(!above(resource, url), "{resource} {url}");
    }
}

#[test]
fn a_tenant_takes_its_place_in_a_template_and_brings_nothing_else() {
    let template = Issuer::new("https://login.example/{tenantid}/v2.0").unwrap();
    assert_eq!(template.for_tenant("contoso.example").unwrap().as_str(), "https://login.example/contoso.example/v2.0");
    for tenant in ["", "a/b", "..%2f", "{tenantid}", "a?b", "a b", "é"] {
        assert_eq!(template.for_tenant(tenant), None, "{tenant}");
    }
    assert_eq!(Issuer::new("https://login.example/common/v2.0").unwrap().for_tenant("a"), None);
    for host in ["https://{tenantid}/v2.0", "https://{tenantid}.login.example", "https://login.{tenantid}"] {
        assert_eq!(Issuer::new(host).ok().and_then(|template| template.for_tenant("evil.example")), None, "{host}");
    }
}

#[test]
fn a_client_id_is_printable_ascii() {
    for text in ["s6BhdRkqt3", "client with spaces:and%", "https://client.example/id.json"] {
        assert_eq!(ClientId::new(text).unwrap().as_str(), text);
    }
    for text in ["", "a\n", "\u{e9}", "a\0"] {
        assert!(ClientId::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn what_is_shown_of_a_long_one_is_cut_off() {
    let shown = |text: &str| {
        (format!("{:?}", ClientId::new(text).expect(text)), format!("{:?}", Scope::parse(text).expect(text)))
    };
    let (whole, long) = ("a".repeat(256), "a".repeat(257));
    assert_eq!(shown("a!"), ("ClientId(\"a!\")".into(), "Scope(\"a!\")".into()));
    assert_eq!(shown(&whole), (format!("ClientId(\"{whole}\")"), format!("Scope(\"{whole}\")")));
    assert_eq!(shown(&long), (format!("ClientId(\"{whole}\"..)"), format!("Scope(\"{whole}\"..)")));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    for (url, origin) in [
        ("https://as.example/token?x=https://y", "https://as.example"),
        ("HTTPS://AS.example:443", "https://as.example"),
        ("https://as.example:/token", "https://as.example"),
        ("https://as.example:8443/token", "https://as.example:8443"),
        ("https://as.example:00443/token", "https://as.example"),
        ("https://as.example:00/token", "https://as.example:0"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1"),
        ("http://[::1]:443?x", "http://[::1]:443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ] {
        assert_eq!(Endpoint::new(url).unwrap().origin(), origin, "{url}");
    }
}

// OA-12
#[test]
fn a_scope_is_a_set_that_keeps_its_order() {
    let scope = |text: &str| Scope::parse(text).unwrap();
    assert_eq!(scope("b a").to_string(), "b a");
    assert_eq!(scope("b a"), scope("a b"));
    assert_ne!(scope("a"), scope("A"));
    assert_ne!(scope("a b"), scope("abc"));
    assert_eq!(scope("a b a c b").as_str(), "a b c");
    for absent in ["", " ", "a b", "ab", "b ", " b", "B"] {
        assert!(!scope("a b abc").contains(absent), "{absent:?}");
    }
    assert!(scope("a").is_subset_of(&scope("b a")) && !scope("b c").is_subset_of(&scope("a b")));
    assert!(Scope::empty().is_subset_of(&Scope::empty()) && Scope::empty().tokens().next().is_none());
    assert_eq!(scope("a b").union(&scope("c a")).as_str(), "a b c");
    assert_eq!(scope("a b c").difference(&scope("c a d")).as_str(), "b");
    assert!(scope("a b").difference(&scope("b a")).is_empty() && Scope::empty().difference(&scope("a")).is_empty());
    assert_eq!(scope("b a").difference(&Scope::empty()).as_str(), "b a");
    assert_eq!(Scope::from_tokens(["x", "y", "x"]).unwrap().as_str(), "x y");
    assert!(Scope::from_tokens::<&str>([]).unwrap().is_empty());
    for tokens in [&["", "a"][..], &["a", ""], &["a b"], &["a", " "], &["\""], &[" "]] {
        assert_eq!(Scope::from_tokens(tokens), Err(IdentifierError::Character), "{tokens:?}");
    }
    for text in [" ", " a", "a ", "a  b", "a\tb", "a\"", "a\\", "\u{e9}", "a\n", "\u{7f}"] {
        assert_eq!(Scope::parse(text), Err(IdentifierError::Character), "{text:?}");
    }
    assert_eq!(Scope::parse(""), Err(IdentifierError::Empty));
    assert_eq!(Scope::parse("a".repeat(MAX_IDENTIFIER_BYTES + 1)), Err(IdentifierError::TooLong));
}

proptest! {
    #[test]
    fn no_text_makes_any_of_them_panic(text in "\\PC*|https?://.*|https://[\\[\\]:@/?a-z0-9.%-]*|https?://(127\\.0\\.0\\.1|\\[::1\\]|[a-zA-Z.]{1,9})(:[0-9]{0,4})?[/?]?[a-z]{0,3}") {
        let _ = (Issuer::new(text.as_str()), Resource::new(text.as_str()), RedirectUri::new(text.as_str()), ClientId::new(text.as_str()));
        if let Ok(endpoint) = Endpoint::new(text.as_str()) {
            prop_assert_eq!(endpoint.as_str(), &text);
            // What a client will connect to is what was looked at.
            let parsed = url::Url::parse(&text).unwrap();
            prop_assert_eq!(endpoint.origin(), parsed.origin().ascii_serialization());
            prop_assert!(parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none());
        }
    }

    #[test]
    fn a_scope_is_read_as_it_was_written(tokens in proptest::collection::vec("[!#-\\[\\]-~]{1,6}", 1..30)) {
        let scope = Scope::from_tokens(&tokens).unwrap();
        prop_assert_eq!(Scope::parse(scope.to_string()).unwrap().to_string(), scope.to_string());
        let mut turned: Vec<_> = tokens.clone();
        turned.reverse();
        prop_assert_eq!(Scope::from_tokens(&turned).unwrap(), scope.clone());
        prop_assert!(tokens.iter().all(|token| scope.contains(token)));
        let joined = tokens.join(" ");
        prop_assert!(Scope::check(&joined).is_ok() && tokens.iter().all(|token| Scope::text_contains(&joined, token)));
        prop_assert_eq!(scope.union(&scope).to_string(), scope.to_string());
    }
}
