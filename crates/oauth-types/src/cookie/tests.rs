use super::*;
use alloc::format;
use proptest::prelude::*;

fn cookie() -> SetCookie {
    SetCookie::new("s", "v").unwrap()
}

#[test]
fn the_defaults_are_the_strictest_under_which_a_login_works() {
    assert_eq!(cookie().to_header_value(), "__Host-s=v; Path=/; HttpOnly; Secure; SameSite=Lax");
    let strict = cookie().with_same_site_strict().with_max_age(Duration::from_millis(1999));
    assert_eq!(strict.to_header_value(), "__Host-s=v; Path=/; Max-Age=1; HttpOnly; Secure; SameSite=Strict");
    let long = cookie().with_max_age(Duration::MAX);
    assert_eq!(long.to_header_value(), "__Host-s=v; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax");
    let removal = SetCookie::removal("s").unwrap();
    assert_eq!(removal.to_header_value(), "__Host-s=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
}

#[test]
fn each_weakening_has_a_name_and_takes_the_prefix_with_it() {
    let form_post = cookie().dangerous_same_site_none_for_form_post().unwrap();
    assert_eq!(form_post.to_header_value(), "__Host-s=v; Path=/; HttpOnly; Secure; SameSite=None");
    let plain = cookie().dangerous_without_secure().unwrap();
    assert_eq!(plain.to_header_value(), "s=v; Path=/; HttpOnly; SameSite=Lax");
    let scripted = cookie().dangerous_without_http_only();
    assert_eq!(scripted.to_header_value(), "__Host-s=v; Path=/; Secure; SameSite=Lax");
    let part = cookie().dangerous_with_path("/app").unwrap();
    assert_eq!(part.to_header_value(), "__Secure-s=v; Path=/app; HttpOnly; Secure; SameSite=Lax");
    let domain = cookie().dangerous_with_domain("app.example").unwrap();
    assert_eq!(domain.to_header_value(), "__Secure-s=v; Path=/; Domain=app.example; HttpOnly; Secure; SameSite=Lax");
    let both = domain.dangerous_without_secure().unwrap();
    assert_eq!(both.name(), "s");
    // Browsers refuse it, in whatever order it is asked for.
    for refused in [
        cookie().dangerous_same_site_none_for_form_post().and_then(SetCookie::dangerous_without_secure),
        cookie().dangerous_without_secure().and_then(SetCookie::dangerous_same_site_none_for_form_post),
    ] {
        assert_eq!(refused.map(|_| ()), Err(CookieError::InsecureCrossSite));
    }
    for path in ["", "app", "/a;b", "/a\n", "/é"] {
        assert_eq!(cookie().dangerous_with_path(path).map(|_| ()), Err(CookieError::Attribute), "{path:?}");
    }
    for domain in ["", "a b", "a;b", "a\n", "é.example"] {
        assert_eq!(cookie().dangerous_with_domain(domain).map(|_| ()), Err(CookieError::Attribute), "{domain:?}");
    }
}

#[test]
fn names_and_values_that_end_the_field_or_steal_a_prefix_are_refused() {
    for name in ["", "a b", "a=b", "a;b", "a\n", "é", "__Host-a", "__host-a", "__Secure-a", "__SECURE-"] {
        assert_eq!(SetCookie::new(name, "v").map(|_| ()), Err(CookieError::Name), "{name:?}");
        assert_eq!(SetCookie::removal(name).map(|_| ()), Err(CookieError::Name), "{name:?}");
    }
    for value in ["", "a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nset-cookie: x=y", "é", "\u{7f}"] {
        let error = SetCookie::new("a", value).map(|_| ()).unwrap_err();
        assert_eq!((error, error.blame()), (CookieError::Value, Blame::Caller), "{value:?}");
    }
    let room = MAX_COOKIE_BYTES - LONGEST_PREFIX - 1;
    assert!(SetCookie::new("a", "v".repeat(room)).is_ok());
    assert_eq!(SetCookie::new("a", "v".repeat(room + 1)).map(|_| ()), Err(CookieError::TooLong));
    assert_eq!(SetCookie::removal(&"a".repeat(MAX_COOKIE_BYTES)).map(|_| ()), Err(CookieError::TooLong));
}

#[test]
fn an_answer_may_set_several_cookies() {
    let response = SetCookie::removal("login").unwrap().add_to(cookie().add_to(HttpResponse::new(303)));
    assert_eq!(response.header_values("set-cookie").count(), 2);
}

// B6
#[test]
fn b6_a_second_cookie_of_one_name_is_never_overlooked() {
    let cookies = Cookies::parse(["a=1; b=2;c = 3 ; a=4", "d=x=y; e; =f; g="]).unwrap();
    assert_eq!(cookies.all("a").collect::<Vec<_>>(), ["1", "4"]);
    let error = cookies.unique("a").unwrap_err();
    assert_eq!((error, error.blame()), (CookieError::Repeated, Blame::Peer));
    for (name, value) in
        [("b", Some("2")), ("c", Some("3")), ("d", Some("x=y")), ("e", None), ("g", Some("")), ("B", None)]
    {
        assert_eq!(cookies.unique(name), Ok(value), "{name}");
    }
    // In two fields too, and the same twice.
    assert_eq!(Cookies::parse(["a=1", "a=1"]).unwrap().unique("a"), Err(CookieError::Repeated));
    assert!(Cookies::parse([]).unwrap().all("a").next().is_none());
    assert_eq!(Cookies::parse([" ".repeat(MAX_HEADER_BYTES).as_str()]).map(|_| ()), Err(CookieError::HeaderTooLong));
    assert_eq!(
        Cookies::parse(core::iter::repeat_n("", MAX_HEADER_BYTES + 1)).map(|_| ()),
        Err(CookieError::HeaderTooLong)
    );
}

// B5
#[test]
fn b5_no_value_shows_itself() {
    let marked = SetCookie::new("s", "marked").unwrap();
    let cookies = Cookies::parse(["s=marked"]).unwrap();
    let shown = format!("{marked:?} {cookies:?} {:?}", marked.add_to(HttpResponse::new(200)));
    assert!(!shown.contains("marked"), "{shown}");
}

proptest! {
    #[test]
    fn what_was_set_comes_back(name in "[a-zA-Z0-9]{1,8}", value in "[!#-+--:<-\\[\\]-~]{1,40}", secure: bool) {
        let cookie = SetCookie::new(&name, value.as_str()).unwrap();
        let cookie = if secure { cookie } else { cookie.dangerous_without_secure().unwrap() };
        let set = cookie.to_header_value();
        let pair = set.split(';').next().unwrap();
        let field = format!(".x=y; {pair}; .z=");
        prop_assert_eq!(Cookies::parse([field.as_str()]).unwrap().unique(&cookie.name()), Ok(Some(value.as_str())));
    }

    #[test]
    fn no_text_panics_and_none_ends_a_field(name in "\\PC{0,9}", value in "\\PC{0,9}|[a-z;\r\n]{0,6}") {
        if let Ok(cookie) = SetCookie::new(&name, value.as_str()) {
            prop_assert_eq!(cookie.to_header_value().split(';').count(), 5);
            prop_assert!(cookie.to_header_value().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
        let _ = Cookies::parse([name.as_str(), value.as_str()]).unwrap().unique(&name);
    }
}
